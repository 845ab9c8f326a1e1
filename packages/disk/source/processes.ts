// Which process is at the other end of a connection, and whether it still is: a descriptor of a process (pidfd_open(2)) names that
// one process, where a number may belong to another one a moment later.
import { ENOPROTOOPT, POLLIN, SO_PEERPIDFD, SOL_SOCKET } from "./linux.ts";
import { attempt, invoke, structureAddress, structureView } from "./system-call.ts";

/**
 * A descriptor of the process that connected, the caller's to close; undefined where it has ended and was waited for. `isExact` is false before Linux 6.5,
 * which does not give one with the connection: what has the number `pid` at this moment is taken then.
 */
export function peerProcess(socketFd: number, pid: number): { fd: number | undefined; isExact: boolean } {
  structureView.setInt32(0, -1, true);
  structureView.setUint32(4, 4, true);
  const answer = attempt("getsockopt", socketFd, SOL_SOCKET, SO_PEERPIDFD, structureAddress, structureAddress + 4);
  if (answer >= 0) return { fd: structureView.getInt32(0, true), isExact: true };
  if (answer !== -ENOPROTOOPT) return { fd: undefined, isExact: true };
  return { fd: openProcess(pid), isExact: false };
}

/** A descriptor of the process that has this number now, the caller's to close; undefined where there is none. */
export function openProcess(pid: number): number | undefined {
  if (pid <= 0) return undefined;
  const fd = attempt("pidfd_open", pid, 0);
  return fd < 0 ? undefined : fd;
}

/** True as soon as the process has ended, waited for or not. */
export function hasProcessEnded(processFd: number): boolean {
  // As in hasPeerLeft: struct pollfd, and a timespec of zero.
  structureView.setInt32(0, processFd, true);
  structureView.setInt32(4, POLLIN, true);
  structureView.setBigInt64(8, 0n, true);
  structureView.setBigInt64(16, 0n, true);
  return invoke("ppoll", undefined, structureAddress, 1, structureAddress + 8, 0, 0) > 0;
}
