// The first process of a container that runs in its unit: found by the unit's control group, which nothing in the container can choose, and by the kernel's
// numbers for it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { numbersOf, startTime } from "@host-service/guest-api";

const groups = "/sys/fs/cgroup";
const depthMax = 8;

/** Answers its number on the host while it runs; looks again only when it has ended. */
export function initFinder(container: string, root: string = groups): () => number | undefined {
  let known: { pid: number; startTime: string } | undefined;
  return () => {
    if (known !== undefined && startTime(known.pid) === known.startTime) return known.pid;
    known = undefined;
    const pid = find(join(root, "machine.slice", `host-service-container@${container}.service`));
    const began = pid === undefined ? undefined : startTime(pid);
    if (pid === undefined || began === undefined) return undefined;
    known = { pid, startTime: began };
    return pid;
  };
}

function find(group: string): number | undefined {
  const members = processesIn(group, 0);
  // LXC moves the payload to a group of its own; it is still a child of what runs in the unit.
  const candidates = [...members, ...members.flatMap(childrenOf)];
  return candidates.find((pid) => {
    const numbers = numbersOf(pid);
    return numbers.length > numbersOf(process.pid).length && numbers.at(-1) === 1;
  });
}

function processesIn(group: string, depth: number): number[] {
  if (depth > depthMax) return [];
  const own = numbersIn(join(group, "cgroup.procs"));
  return [...own, ...groupsIn(group).flatMap((name) => processesIn(join(group, name), depth + 1))];
}

function groupsIn(group: string): string[] {
  try {
    const entries = readdirSync(group, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    // No such group: it does not run.
    return [];
  }
}

function childrenOf(pid: number): number[] {
  return numbersIn(`/proc/${pid}/task/${pid}/children`);
}

function numbersIn(path: string): number[] {
  try {
    return readFileSync(path, "latin1").split(/\s+/u).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
