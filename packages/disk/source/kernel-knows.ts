import { ENOSYS, EPERM } from "./linux.ts";
import { attempt } from "./system-call.ts";
import type { SystemCallName } from "./system-call-numbers.ts";

/** The calls that a kernel may lack, or a sandbox may hide, which answers EPERM or ENOSYS; called in a way that does nothing. */
export type ProbedCall = Extract<SystemCallName, "openat2" | "renameat2" | "seccomp" | "copy_file_range" | "statx">;

/** Whether the kernel lets this process make the call at all. */
export function kernelKnows(name: ProbedCall): boolean {
  // No file is open under -1, no operation of seccomp has that number, and no pointer is one.
  const answer = attempt(name, -1, 0, -1, 0, 0, 0);
  return answer !== -ENOSYS && answer !== -EPERM;
}
