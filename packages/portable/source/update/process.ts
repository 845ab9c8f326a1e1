import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";

/**
 * Whether a process was started from another image. systemd does not tell: its RootDirectory= is that of the unit, which a reload exchanges
 * under the process. What tells is the variable that portabled gives to each service. Unknown counts as no.
 */
export async function isOfAnotherImage(root: string, pid: number, image: string): Promise<boolean> {
  if (pid === 0) return false;
  const environment = await readFile(join(root, "proc", String(pid), "environ"), "latin1").catch(() => "");
  const name = environment
    .split("\0")
    .find((variable) => variable.startsWith("PORTABLE="))
    ?.slice("PORTABLE=".length);
  return name !== undefined && name !== basename(image);
}
