import { within } from "./within.ts";

const politeTimeoutMs = 5000;
const killTimeoutMs = 10_000;

/**
 * Ends a child and all that it started, as long as they stayed in its process group: first as asked, so that it may tidy up, then by force.
 * Answers whether the child is gone; one that waits in the kernel for a device cannot be ended.
 */
export async function endGroup(child: { readonly pid: number; readonly exited: Promise<number> }): Promise<boolean> {
  signalGroup(child.pid, "SIGTERM");
  if (!(await within(politeTimeoutMs, child.exited))) signalGroup(child.pid, "SIGKILL");
  const hasEnded = await within(killTimeoutMs, child.exited);
  endLeftovers(child.pid);
  return hasEnded;
}

/**
 * What a child that has ended left running in its group: a SWUpdate that finds nothing to install leaves a process of its own, which would
 * wait for ever. The group's number stays taken while anybody is in it.
 */
export function endLeftovers(pid: number): void {
  signalGroup(pid, "SIGKILL");
}

function signalGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: nobody is left.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
