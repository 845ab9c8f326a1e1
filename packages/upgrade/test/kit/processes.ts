import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Processes of a test that are no jobs. */
export const companions = new Set<string>();

/** Our children that still are, zombies too. */
export function children(): number[] {
  return readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8")
      .split(" ")
      .filter((pid) => pid !== "" && !companions.has(pid))
      .map(Number),
  );
}

/** The children of another process. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    // It has ended.
    return [];
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What this process has open, by what the kernel calls it; the runtime's own event descriptors are left out. */
export function openFiles(): string[] {
  const found = readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch (error) {
      // The descriptor of this very listing.
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw error;
    }
  });
  // By kind and not by number: the runtime opens and closes event descriptors of its own.
  return found.filter((path) => path.startsWith("/dev/") || path.startsWith("pipe:")).sort();
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`Cannot go on: not true in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Whatever an install started or opened is gone, at once or a moment later where the runtime closes it. */
export async function expectNothingLeft(): Promise<void> {
  await until(() => children().length === 0, "its jobs have ended");
  await until(() => openFiles().every((path) => !path.startsWith("/dev/loop")), "the device is closed");
  await until(() => pipes() <= pipesAtStart, "its pipes are closed");
}

function pipes(): number {
  return openFiles().filter((path) => path.startsWith("pipe:")).length;
}

const pipesAtStart = pipes();
