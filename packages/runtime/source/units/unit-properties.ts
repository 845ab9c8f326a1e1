// What the container's unit keeps, whichever runtime is in it: systemd.resource-control(5).
import type { Limits, Plan } from "../model/plan.ts";

/** As systemd-nspawn@.service has it. */
const tasksMaxByDefault = 16_384;

/**
 * For `systemctl set-property --runtime`: always the whole set, so that a limit that an update dropped is dropped. A property
 * without a value ("MemoryMax=") goes back to its default. `stopTimeoutMs` is not among them, as systemd takes no time-out of a
 * unit that is loaded: `container halt` keeps it.
 */
export function unitPropertiesOf({ limits, nodes }: Pick<Plan, "limits" | "nodes">): string[] {
  return [
    ...memoryProperties(limits),
    `CPUQuota=${limits.cpus === undefined ? "" : percent(limits.cpus)}`,
    `CPUQuotaPeriodSec=${limits.cpuQuotaPeriodMs === undefined ? "" : `${limits.cpuQuotaPeriodMs}ms`}`,
    `AllowedCPUs=${limits.cpuSet ?? ""}`,
    `CPUWeight=${limits.cpuWeight ?? ""}`,
    `IOWeight=${limits.ioWeight ?? ""}`,
    `TasksMax=${limits.processes ?? tasksMaxByDefault}`,
    ...devicePropertiesOf({ nodes }),
  ];
}

/** Those of them that say which device nodes may be opened. */
export function devicePropertiesOf({ nodes }: Pick<Plan, "nodes">): string[] {
  return [
    // "closed" is null, zero, full, random, urandom and tty; the runtime needs terminals beside them.
    "DevicePolicy=closed",
    "DeviceAllow=",
    "DeviceAllow=char-pts rw",
    // "m": the node for the container is made by its unit.
    ...nodes.map(({ source }) => `DeviceAllow=${source} rwm`),
  ];
}

function memoryProperties({ memory, memoryEnforce, swap }: Limits): string[] {
  const amount = memory === undefined ? "" : "bytes" in memory ? String(memory.bytes) : `${memory.percent}%`;
  return [
    `MemoryMax=${memoryEnforce === "hard" ? amount : ""}`,
    `MemoryHigh=${memoryEnforce === "soft" ? amount : ""}`,
    `MemorySwapMax=${swap === undefined ? "" : swap === false ? "0" : swap.bytes}`,
  ];
}

/** systemd knows two digits behind the point. */
function percent(cpus: number): string {
  return `${Math.max(0.01, Math.round(cpus * 10_000) / 100)}%`;
}
