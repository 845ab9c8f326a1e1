// A command beside the container's init: in its namespaces, in its cgroup, and with no capability that the init could not have. For
// systemd-nspawn and LXC alike: the init is the process below the unit's that is the first of a PID namespace.
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { UnitError } from "./error.ts";

const processesMax = 256;

/** The process id, on the host, of the container's init; undefined where it has not come up. */
export function initBelow(supervisor: number): number | undefined {
  const queue = [supervisor];
  for (let seen = 0; seen < processesMax; seen += 1) {
    const pid = queue.shift();
    if (pid === undefined) return undefined;
    const ids = statusLine(pid, "NSpid")?.split(/\s+/) ?? [];
    if (ids.length > 1 && ids.at(-1) === "1" && pid !== supervisor) return pid;
    queue.push(...childrenOf(pid));
  }
  return undefined;
}

/**
 * What runs `command` there. `sh` puts itself into the cgroup, so that the container's limits and its rules for devices hold;
 * `setpriv` takes from the bounding set what the init's lacks; `nsenter` enters. Throws UnitError "not-running".
 */
export function commandInside(name: string, supervisor: number, command: readonly string[]): string[] {
  const init = initBelow(supervisor);
  if (init === undefined) {
    throw new UnitError("not-running", `Cannot run a command in "${name}": its init has not come up; wait for it`);
  }
  const target = [`--target=${init}`, ...namespacesOf(init), "--root", "--wd"];
  const entering = [...withoutCapabilities(init), "nsenter", ...target, "--", ...command];
  const cgroup = cgroupOf(init);
  if (cgroup === undefined) return entering;
  return ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', cgroup, ...entering];
}

/** By the names of /proc/PID/ns. */
const namespaces = {
  user: "--user",
  mnt: "--mount",
  uts: "--uts",
  ipc: "--ipc",
  net: "--net",
  pid: "--pid",
  cgroup: "--cgroup",
};

/** Those that are not our own: nobody can enter the user namespace that he is in. */
function namespacesOf(init: number): string[] {
  return Object.entries(namespaces).flatMap(([kind, option]) =>
    linkOf(`/proc/${init}/ns/${kind}`) === linkOf(`/proc/self/ns/${kind}`) ? [] : [option],
  );
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // The process is gone, or the kernel has no such namespaces.
    return undefined;
  }
}

/** Those of the bounding set that the init's lacks, by number, as setpriv(1) takes them. */
function withoutCapabilities(init: number): string[] {
  const theirs = boundingSet(init);
  const ours = boundingSet(process.pid);
  const lacking: string[] = [];
  for (let number = 0n; number < 64n; number += 1n) {
    const bit = 1n << number;
    if ((ours & bit) !== 0n && (theirs & bit) === 0n) lacking.push(`-cap_${number}`);
  }
  return lacking.length === 0 ? [] : ["setpriv", `--bounding-set=${lacking.join(",")}`];
}

function boundingSet(pid: number): bigint {
  const digits = statusLine(pid, "CapBnd");
  return digits === undefined ? 0n : BigInt(`0x${digits}`);
}

/** Its directory in the one hierarchy of cgroup v2; undefined where the host has none. */
function cgroupOf(pid: number): string | undefined {
  const path = /^0::(\/.*)$/m.exec(readIfThere(`/proc/${pid}/cgroup`))?.[1];
  if (path === undefined || !existsSync("/sys/fs/cgroup/cgroup.procs")) return undefined;
  return `/sys/fs/cgroup${path === "/" ? "" : path}`;
}

function statusLine(pid: number, key: string): string | undefined {
  return new RegExp(`^${key}:\\s*(.*)$`, "m").exec(readIfThere(`/proc/${pid}/status`))?.[1]?.trim();
}

function childrenOf(pid: number): number[] {
  return readIfThere(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
}

/** A process may be gone at any moment. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
