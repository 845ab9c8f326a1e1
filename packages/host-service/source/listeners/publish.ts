// A socket gets its final name only when its owner and mode are right, and it takes the place of a stale one in the same
// moment: it is bound in a private directory and renamed. That directory is never where a container could reach it.
import { chmod, chown, lstat, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { randomBytes } from "node:crypto";

/** The path of a Unix socket has to fit sun_path with its final NUL (unix(7)). */
const socketPathBytesMax = 107;

export type PublishErrorKind = "path-too-long" | "in-the-way" | "failed";

export class PublishError extends Error {
  override readonly name = "PublishError";
  readonly kind: PublishErrorKind;

  constructor(kind: PublishErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * `bind` makes the socket at the path it is given, which is in a new directory below `nursery`: one that only the host's
 * own user can write to, on the same file system as `path`. An earlier socket's owner and mode are kept, else `mode` and `owner`
 * are used; without an owner it is who runs this.
 */
export async function publishSocket(
  path: string,
  options: { mode: number; owner?: number | undefined; nursery: string; bind: (path: string) => void },
): Promise<void> {
  const earlier = await earlierSocket(path);
  const nursery = join(options.nursery, `.${randomBytes(4).toString("hex")}`);
  const born = join(nursery, "s");
  if (Buffer.byteLength(born) > socketPathBytesMax || Buffer.byteLength(path) > socketPathBytesMax) {
    throw new PublishError(
      "path-too-long",
      `Cannot listen on "${path}": a socket's path has at most ${socketPathBytesMax} bytes`,
    );
  }
  try {
    await mkdir(nursery, { mode: 0o700 });
    options.bind(born);
    if (earlier !== undefined) await chown(born, earlier.uid, earlier.gid);
    else if (options.owner !== undefined) await chown(born, options.owner, options.owner);
    await chmod(born, earlier?.mode ?? options.mode);
    // The point of no return: from here on callers reach the new socket.
    await rename(born, path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PublishError("failed", `Cannot listen on "${path}": ${why}`, { cause: error });
  } finally {
    await rm(nursery, { recursive: true, force: true });
  }
}

async function earlierSocket(path: string): Promise<{ uid: number; gid: number; mode: number } | undefined> {
  try {
    const status = await lstat(path);
    if (!status.isSocket()) {
      throw new PublishError(
        "in-the-way",
        `Cannot listen on "${path}": something that is not a socket is there; move it away`,
      );
    }
    return { uid: status.uid, gid: status.gid, mode: status.mode & 0o777 };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
