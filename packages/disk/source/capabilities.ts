// Capabilities belong to a thread, and no call sets those of another one: the runtime's own threads keep what they
// were started with. So a process that wants to be rid of them entirely first confines itself and executes itself
// again (`confineCapabilities`, `execute`): the new image, all threads of it, has no more than was kept.
import { attempt, invoke, structureAddress, structureView } from "./system-call.ts";

/** linux/capability.h */
export const capability = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  DAC_READ_SEARCH: 2,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  SYS_CHROOT: 18,
  SYS_ADMIN: 21,
  SYS_RESOURCE: 24,
  MKNOD: 27,
  SETFCAP: 31,
} as const;

// linux/prctl.h
const PR_CAPBSET_READ = 23;
const PR_CAPBSET_DROP = 24;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const capabilityNumbersMax = 64;

/** Leaves the calling thread at most these, effective and permitted; none are inherited. Needs no privilege. */
export function dropCapabilities(keep: readonly number[]): void {
  invoke("prctl", undefined, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  const permitted = heldCapabilities();
  const kept = keep.reduce((mask, number) => mask | (1n << BigInt(number)), 0n) & permitted;
  writeHeader();
  // Two times effective, permitted, inheritable: the low and the high 32 bits of each.
  const low = Number(kept & 0xffff_ffffn);
  const high = Number(kept >> 32n);
  for (const [index, word] of [low, low, 0, high, high, 0].entries()) {
    structureView.setUint32(dataOffset + 4 * index, word, true);
  }
  invoke("capset", undefined, structureAddress, structureAddress + dataOffset);
}

/**
 * The same, and nothing that this thread executes can have more either, not even as root: the bounding set is cut to
 * `keep` first. Takes CAP_SETPCAP.
 */
export function confineCapabilities(keep: readonly number[]): void {
  const kept = new Set(keep);
  for (let number = 0; number < capabilityNumbersMax; number += 1) {
    // EINVAL: the kernel knows no such capability, nor any after it.
    if (attempt("prctl", PR_CAPBSET_READ, number, 0, 0, 0) < 0) break;
    if (!kept.has(number)) invoke("prctl", undefined, PR_CAPBSET_DROP, number, 0, 0, 0);
  }
  dropCapabilities(keep);
}

/** What the calling thread is permitted, a bit for each number. */
export function heldCapabilities(): bigint {
  writeHeader();
  invoke("capget", undefined, structureAddress, structureAddress + dataOffset);
  const low = BigInt(structureView.getUint32(dataOffset + 4, true));
  const high = BigInt(structureView.getUint32(dataOffset + 16, true));
  return (high << 32n) | low;
}

// struct __user_cap_header_struct of linux/capability.h: version, thread (0 = the calling one); then two data structs.
const dataOffset = 8;
function writeHeader(): void {
  structureView.setUint32(0, 0x20080522 /* _LINUX_CAPABILITY_VERSION_3 */, true);
  structureView.setUint32(4, 0, true);
}
