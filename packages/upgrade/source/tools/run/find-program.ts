import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";

/** Not $PATH: what runs as root beside the daemon is not for an environment to choose. */
export const programDirectories: readonly string[] = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
];

/** The path of a program by its name, or by the path that it already is; undefined where nothing can be run there. */
export function findProgram(name: string): string | undefined {
  const paths = name.startsWith("/") ? [name] : programDirectories.map((directory) => join(directory, name));
  return paths.find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Missing, or not ours to run: both mean that it is not there for us.
    return false;
  }
}
