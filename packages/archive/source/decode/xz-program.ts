import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { basename, join } from "node:path";

// Not $PATH: what runs as root beside the daemon is not for an environment to choose.
const standardDirectories = ["/usr/bin", "/bin", "/usr/local/bin"];
// Programs of many names. Their xz knows none of our options, and busybox's lets data pass whose CRC64 does not fit.
const manyNamed = ["busybox", "toybox"];

/** The path of the host's `xz`, which decodes with all cores, or undefined. */
export function findXz(directories: readonly string[] = standardDirectories): string | undefined {
  return directories.map((directory) => join(directory, "xz")).find((path) => isXz(path, directories));
}

function isXz(path: string, directories: readonly string[]): boolean {
  try {
    accessSync(path, constants.X_OK);
    const real = realpathSync(path);
    if (manyNamed.some((name) => basename(real).startsWith(name))) return false;
    const found = statSync(real);
    return found.isFile() && !isHardLink(found, directories);
  } catch {
    // Missing, or not ours to run: both mean that it is not there for us.
    return false;
  }
}

function isHardLink(found: { dev: number; ino: number }, directories: readonly string[]): boolean {
  const others = directories.flatMap((directory) => manyNamed.map((name) => join(directory, name)));
  return others.some((path) => {
    const other = statSync(path, { throwIfNoEntry: false });
    return other?.dev === found.dev && other.ino === found.ino;
  });
}
