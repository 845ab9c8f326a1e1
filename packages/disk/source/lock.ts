import { closeSync, fstatSync, lstatSync, openSync } from "node:fs";
import { DiskError, errorOfErrno, errorOfNode } from "./disk-error.ts";
import { EAGAIN, LOCK_EX, LOCK_NB, O_CLOEXEC, O_CREAT, O_NOFOLLOW, O_RDWR } from "./linux.ts";
import { attempt } from "./system-call.ts";

const pollMs = 10;

/**
 * Held until `release` and until every child that inherited `fd` (through the `stdio` of Bun.spawn) is gone: flock(2)
 * belongs to the open file description, which such a child shares. So an orphan keeps its lock.
 */
export interface Lock {
  readonly fd: number;
  release(): void;
}

/** Waits by polling, so that the loop stays free. Kind `lock-held` after `waitMs`. */
export async function lockFile(path: string, options: { waitMs: number }): Promise<Lock> {
  const endsAt = performance.now() + options.waitMs;
  for (;;) {
    const fd = tryLock(path);
    if (fd !== undefined) return lockOn(fd);
    if (performance.now() >= endsAt) {
      const why = "another process holds it; wait until that one is done";
      throw new DiskError({ kind: "lock-held", code: "EAGAIN", call: "flock", path, why });
    }
    await Bun.sleep(pollMs);
  }
}

function lockOn(fd: number): Lock {
  let held = true;
  return {
    fd,
    release() {
      // Closed, not unlocked: LOCK_UN would take it from a child that inherited it as well.
      if (held) closeSync(fd);
      held = false;
    },
  };
}

function tryLock(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0o600);
  } catch (error) {
    throw errorOfNode(error, "flock", path);
  }
  const answer = attempt("flock", fd, LOCK_EX | LOCK_NB);
  if (answer === 0 && isStillNamed(fd, path)) return fd;
  closeSync(fd);
  if (answer === 0 || answer === -EAGAIN) return undefined;
  throw errorOfErrno(-answer, "flock", path);
}

// Whoever had the lock before may have removed the file; then ours is a lock on nothing.
function isStillNamed(fd: number, path: string): boolean {
  const named = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const opened = fstatSync(fd, { bigint: true });
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev;
}
