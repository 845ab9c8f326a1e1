// Owners, modes and times. Where a path may be the empty string, that is the descriptor itself.
import type { DiskPath } from "./disk-error.ts";
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, UTIME_OMIT } from "./linux.ts";
import { invoke, pathAddress, structureAddress, structureView } from "./system-call.ts";

/** Of the entry itself, also when it is a link. Takes setuid and setgid away, so the mode comes after it. */
export function fchownAt(directoryFd: number, path: DiskPath, uid: number, gid: number): void {
  const flags = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
  invoke("fchownat", path, directoryFd, pathAddress(path), uid, gid, flags);
}

export function fchmod(fd: number, mode: number): void {
  invoke("fchmod", undefined, fd, mode);
}

/** Follows a link in the last name: the kernel has no other form before 6.6. Only for a name that we just made. */
export function fchmodAt(directoryFd: number, path: DiskPath, mode: number): void {
  invoke("fchmodat", path, directoryFd, pathAddress(path), mode);
}

/** Nanoseconds since 1970, also before it; undefined leaves a time as it is. Of the entry itself, also when a link. */
export function utimensAt(
  directoryFd: number,
  path: DiskPath,
  times: { accessedNs?: bigint | undefined; modifiedNs?: bigint | undefined },
): void {
  putTime(0, times.accessedNs);
  putTime(16, times.modifiedNs);
  // The kernel knows AT_EMPTY_PATH here only since 5.8; no path at all has always meant the descriptor.
  if (path.length === 0) invoke("utimensat", undefined, directoryFd, 0, structureAddress, 0);
  else invoke("utimensat", path, directoryFd, pathAddress(path), structureAddress, AT_SYMLINK_NOFOLLOW);
}

const nsPerSecond = 1_000_000_000n;

// struct timespec of linux/time.h on 64 bits: seconds, then nanoseconds, which are never negative.
function putTime(offset: number, time: bigint | undefined): void {
  if (time === undefined) {
    structureView.setBigInt64(offset, 0n, true);
    structureView.setBigInt64(offset + 8, UTIME_OMIT, true);
    return;
  }
  const ns = ((time % nsPerSecond) + nsPerSecond) % nsPerSecond;
  structureView.setBigInt64(offset, (time - ns) / nsPerSecond, true);
  structureView.setBigInt64(offset + 8, ns, true);
}
