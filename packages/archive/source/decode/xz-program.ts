import { accessSync, constants, statSync } from "node:fs";

// Not $PATH: what runs as root beside the daemon is not for an environment to choose.
const directories = ["/usr/bin", "/bin", "/usr/local/bin"];

/** The path of the host's `xz`, which decodes with all cores, or undefined. */
export function findXz(): string | undefined {
  return directories.map((directory) => `${directory}/xz`).find(isProgram);
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
