import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { HostFiles } from "./host-directory.ts";

/**
 * Where the launcher and the directory of the program with its loader and libraries are, from where the program is: beside it, as the
 * package puts them (`/usr/lib/host-service/{hostctl-launcher,lib/hostctl}`). Where they are missing, the program itself has to do.
 */
export function hostFilesOf(program: string): HostFiles {
  const directory = dirname(program);
  const [above, beside] = [dirname(directory), join(directory, "lib")];
  if (basename(directory) === "lib" && existsSync(join(above, "hostctl-launcher"))) {
    return { launcher: join(above, "hostctl-launcher"), library: directory };
  }
  if (existsSync(join(directory, "hostctl-launcher")) && existsSync(join(beside, "hostctl"))) {
    return { launcher: join(directory, "hostctl-launcher"), library: beside };
  }
  return { launcher: program, library: undefined };
}
