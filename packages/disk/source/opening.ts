import {
  F_DUPFD_CLOEXEC,
  F_GET_SEALS,
  F_GETFL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  O_ACCMODE,
  O_PATH,
  O_WRONLY,
} from "./linux.ts";
import { attempt, invoke } from "./system-call.ts";

/** How a descriptor was opened, which fstat does not tell. */
export interface Opening {
  /** O_PATH: a mere name, though fstat calls it a regular file. */
  isPath: boolean;
  isReadable: boolean;
  /** Undefined where there is no such thing as seals; a file with a name on tmpfs can have none that count. */
  seals: { shrink: boolean; write: boolean } | undefined;
}

/** Of fcntl(2). Asks the kernel alone, never the file system. */
export function describeOpening(fd: number): Opening {
  const flags = invoke("fcntl", undefined, fd, F_GETFL);
  const isPath = (flags & O_PATH) !== 0;
  const seals = attempt("fcntl", fd, F_GET_SEALS);
  return {
    isPath,
    isReadable: !isPath && (flags & O_ACCMODE) !== O_WRONLY,
    seals: seals < 0 ? undefined : { shrink: (seals & F_SEAL_SHRINK) !== 0, write: (seals & F_SEAL_WRITE) !== 0 },
  };
}

/** Another number for the same open description, closed on exec. */
export function duplicate(fd: number): number {
  return invoke("fcntl", undefined, fd, F_DUPFD_CLOEXEC, 0);
}
