import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export interface HostFiles {
  launcher: string;
  /** Undefined: the launcher is the program itself, and the container's own loader has to do. */
  library: string | undefined;
}

/**
 * What containers find as /host/hostctl and /host/lib, from where the program is: the package has it in
 * `/usr/lib/host-service/container/{hostctl,lib/hostctl}`, a build has them side by side. Where the launcher is missing, the program itself has to do.
 */
export function hostFilesOf(program: string): HostFiles {
  const directory = dirname(program);
  const parent = dirname(directory);
  const places = [
    { launcher: join(parent, "hostctl"), library: directory },
    { launcher: join(directory, "hostctl-launcher"), library: join(directory, "lib") },
  ];
  const found = places.find(
    ({ launcher, library }) =>
      basename(library) === "lib" && existsSync(launcher) && existsSync(join(library, "hostctl")),
  );
  return found ?? { launcher: program, library: undefined };
}
