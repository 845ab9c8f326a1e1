// What the kernel says of a process. Nothing here is what the process can say of itself: no command line, no name, no environment.
import { readFileSync, readlinkSync } from "node:fs";

const statusBytesMax = 64 * 1024;
const ancestorsMax = 4096;

/** "pid:[4026531836]"; undefined where the process is gone. */
export function processNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** Where the first process up from this one, itself included, is `ancestor`. */
export function descendsFrom(pid: number, ancestor: number): boolean {
  let current: number | undefined = pid;
  for (let step = 0; step < ancestorsMax && current !== undefined && current > 0; step++) {
    if (current === ancestor) return true;
    current = Number(field(current, "PPid") ?? 0);
  }
  return false;
}

/** The host's number for the process's own user 0 (user_namespaces(7)); undefined where it has none or is gone. */
export function rootUid(pid: number): number | undefined {
  for (const line of read(`/proc/${pid}/uid_map`)?.split("\n") ?? []) {
    const [inside, outside, count] = line.trim().split(/\s+/u).map(Number);
    if (inside === 0 && outside !== undefined && count !== undefined && count > 0) return outside;
  }
  return undefined;
}

/** In clock ticks since the boot, field 22 of proc_pid_stat(5): with it a number names one process. */
export function startTime(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

/** A process's number in each of its namespaces, the outermost first. */
export function numbersOf(pid: number): number[] {
  return (field(pid, "NSpid") ?? "").split(/\s+/u).filter(Boolean).map(Number);
}

function field(pid: number, name: string): string | undefined {
  const status = read(`/proc/${pid}/status`);
  // The name of the process is escaped by the kernel, so that it cannot begin a line.
  return status === undefined ? undefined : new RegExp(`^${name}:\\s*(.*)$`, "mu").exec(status)?.[1];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1").slice(0, statusBytesMax);
  } catch {
    return undefined;
  }
}
