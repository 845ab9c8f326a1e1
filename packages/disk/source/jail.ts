// Confinement of a process that does dangerous work, in this order: parentDeathSignal, openings, confineCapabilities +
// execute (or dropCapabilities alone), chroot, dropCapabilities, denySystemCalls.
import type { DiskPath } from "./disk-error.ts";
import { invoke, pathAddress } from "./system-call.ts";

// linux/prctl.h
const PR_SET_PDEATHSIG = 1;
const PR_SET_NO_NEW_PRIVS = 38;

/** Makes this directory the root of the whole process, all threads of it. Takes CAP_SYS_CHROOT. */
export function chroot(directoryFd: number): void {
  invoke("fchdir", undefined, directoryFd);
  const here: DiskPath = ".";
  invoke("chroot", here, pathAddress(here));
}

/** For the calling thread and what it starts or executes; denySystemCalls takes it to all threads. */
export function noNewPrivileges(): void {
  invoke("prctl", undefined, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/**
 * This signal comes when the thread that started us ends. Answers false when that was over before the call, because
 * `parentId` (what the parent is known to be) is not our parent any more; then nothing comes.
 */
export function parentDeathSignal(signal: number, parentId = process.ppid): boolean {
  invoke("prctl", undefined, PR_SET_PDEATHSIG, signal, 0, 0, 0);
  return invoke("getppid", undefined) === parentId;
}
