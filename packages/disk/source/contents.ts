// What is done to an open file as a whole.
import { errorOfErrno } from "./disk-error.ts";
import { FICLONE, O_CLOEXEC } from "./linux.ts";
import { attempt, invoke, structureAddress, structureView } from "./system-call.ts";

/** Both ends are closed on exec. `bytes` is how much it is to hold: where a user has used up what is allowed, it holds less. */
export function pipe(options: { bytes?: number } = {}): { read: number; write: number } {
  // pipe(2): two ints, the end to read from first.
  invoke("pipe2", undefined, structureAddress, O_CLOEXEC);
  const ends = { read: structureView.getInt32(0, true), write: structureView.getInt32(4, true) };
  // F_SETPIPE_SZ of linux/fcntl.h
  if (options.bytes !== undefined) attempt("fcntl", ends.write, 1031, options.bytes);
  return ends;
}

/** Moves the offset of the open file description, which every process that shares it sees; answers the new one. */
export function seek(fd: number, offset: number, from: "start" | "current" | "end" = "start"): number {
  // SEEK_SET, SEEK_CUR, SEEK_END of linux/fs.h
  return invoke("lseek", undefined, fd, offset, { start: 0, current: 1, end: 2 }[from]);
}

/** Where data, or a hole, begins at or after `offset`; undefined when there is none up to the end. */
export function seekExtent(fd: number, offset: number, what: "data" | "hole"): number | undefined {
  // SEEK_DATA, SEEK_HOLE of linux/fs.h; ENXIO (6) is "none".
  const answer = attempt("lseek", fd, offset, what === "data" ? 3 : 4);
  if (answer === -6) return undefined;
  if (answer < 0) throw errorOfErrno(-answer, "lseek");
  return answer;
}

export function ftruncate(fd: number, bytes: number): void {
  invoke("ftruncate", undefined, fd, bytes);
}

/** `mode` is 0 or FALLOC_FL_…; see fallocate(2). A file system that cannot answers with code `ENOTSUP`. */
export function fallocate(fd: number, mode: number, offset: number, bytes: number): void {
  invoke("fallocate", undefined, fd, mode, offset, bytes);
}

/** Makes `toFd` share all blocks of `fromFd`; false where the file systems cannot (ioctl_ficlone(2)). */
export function reflink(fromFd: number, toFd: number): boolean {
  const answer = attempt("ioctl", toFd, FICLONE, fromFd);
  if (answer === 0) return true;
  if (unableToShare.has(-answer)) return false;
  throw errorOfErrno(-answer, "ioctl");
}

/**
 * Copies what lies at the same place in both; answers how many bytes, 0 is the end. The offsets of the two descriptions stay as
 * they are, since another process may share them.
 */
export function copyFileRange(
  fromFd: number,
  toFd: number,
  { offset, bytes }: { offset: number; bytes: number },
): number {
  // Two loff_t, which the call moves on.
  structureView.setBigInt64(0, BigInt(offset), true);
  structureView.setBigInt64(8, BigInt(offset), true);
  return invoke("copy_file_range", undefined, fromFd, structureAddress, toFd, structureAddress + 8, bytes);
}

/** Begins to write what the file has, and waits for nothing. Where a file system cannot, that is as good. */
export function startWriting(fd: number): void {
  // SYNC_FILE_RANGE_WRITE of linux/fs.h
  attempt("sync_file_range", fd, 0, 0, 2);
}

/** Waits until everything on the file system of this descriptor is durable. */
export function syncFileSystem(fd: number): void {
  invoke("syncfs", undefined, fd);
}

// EPERM, EXDEV, EINVAL, ENOTTY, ENOSYS, EOPNOTSUPP
const unableToShare = new Set([1, 18, 22, 25, 38, 95]);
