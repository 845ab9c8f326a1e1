import { access, constants, lstat, realpath, stat } from "node:fs/promises";
import type { Stats } from "node:fs";
import { ClientError } from "./error.ts";

/** A regular file that is there, can be read and is not empty. `path` is absolute and without symbolic links. */
export interface LocalFile {
  path: string;
  bytes: number;
}

/**
 * Looks at a file before it is sent or named to the daemon, without opening it: opening a FIFO would hang. A symbolic link counts as
 * what it leads to, since the daemon itself follows none. `what` is the word for the file in the message: "the rootfs archive"; `action` is what
 * was to be done with it.
 */
export async function checkLocalFile(
  path: string,
  options: { what: string; bytesMax?: number; action?: string },
): Promise<LocalFile> {
  const refuse = (why: string, cause?: unknown): ClientError =>
    new ClientError(
      "local-file",
      `Cannot ${options.action ?? "install"} "${shortened(path)}": ${why}`,
      cause === undefined ? {} : { cause },
    );
  const { found, real } = await resolve(path, refuse);
  const wrong = whyNotRegular(found, options.what);
  if (wrong !== undefined) throw refuse(wrong);
  if (found.size === 0) throw refuse(`it is empty; give ${options.what}`);
  if (options.bytesMax !== undefined && found.size > options.bytesMax) {
    throw refuse(`it has ${found.size} bytes, more than the ${options.bytesMax} allowed; give ${options.what}`);
  }
  await access(real, constants.R_OK).catch((error: unknown) => {
    throw refuse(notPermitted, error);
  });
  return { path: real, bytes: found.size };
}

async function resolve(
  path: string,
  refuse: (why: string, cause?: unknown) => ClientError,
): Promise<{ found: Stats; real: string }> {
  try {
    const real = await realpath(path);
    return { real, found: await stat(real) };
  } catch (error) {
    const dangling = await lstat(path).then(
      (entry) => entry.isSymbolicLink(),
      () => false,
    );
    throw refuse(whyUnreachable(error, dangling), error);
  }
}

function whyUnreachable(error: unknown, dangling: boolean): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return dangling
        ? "it is a symbolic link to a file that does not exist; check where it leads"
        : "there is no such file; check the path";
    case "ENOTDIR":
      return "a part of the path before the last is not a directory; check the path";
    case "EACCES":
      return notPermitted;
    case "ELOOP":
      return "it is a symbolic link that leads back to itself; check where it leads";
    case "ENAMETOOLONG":
      return "the name is too long; check the path";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

const notPermitted = "permission denied; give a file that this user may read";

const pathShownMax = 256;

/** A path of kilobytes would drown the reason. */
function shortened(path: string): string {
  return path.length <= pathShownMax ? path : `${path.slice(0, pathShownMax)}…`;
}

function whyNotRegular(found: Stats, what: string): string | undefined {
  if (found.isFile()) return undefined;
  if (found.isDirectory()) return `it is a directory, not an image; give ${what}`;
  if (found.isFIFO()) return `it is a FIFO, not a regular file; give ${what}`;
  if (found.isSocket()) return `it is a socket, not a regular file; give ${what}`;
  if (found.isBlockDevice() || found.isCharacterDevice()) return `it is a device, not a regular file; give ${what}`;
  return `it is not a regular file; give ${what}`;
}
