import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const sampleIntervalMs = 20;
const bytesPerKibibyte = 1024;

export interface Peak {
  /** Peak of the process itself, and of all its descendants together, in megabytes. */
  readonly own: number;
  readonly children: number;
}

/** Resident memory while something is done. */
export async function peakDuring(pid: number, work: () => Promise<unknown>): Promise<Peak> {
  // 5 resets the peak; see proc_pid_clear_refs(5).
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  let children = 0;
  const timer = setInterval(() => {
    const sum = descendantsOf(pid).reduce((total, child) => total + megabytes(child, "VmRSS"), 0);
    children = Math.max(children, sum);
  }, sampleIntervalMs);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return { own: megabytes(pid, "VmHWM"), children };
}

export function megabytes(pid: number, field: "VmRSS" | "VmHWM" | "RssAnon"): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(textOr(`/proc/${pid}/status`))?.[1];
  return (Number(kibibytes ?? 0) * bytesPerKibibyte) / 1e6;
}

function descendantsOf(pid: number): number[] {
  const children = tasksOf(pid).flatMap((task) =>
    textOr(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
    return [];
  }
}

/** A process may be gone by now. */
function textOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
