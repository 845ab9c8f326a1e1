import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AT_FDCWD, mknodAt, O_CLOEXEC, O_RDWR, S_IFIFO } from "@host-service/disk";
import { RuntimeError } from "../error.ts";
import { lxcConfigurationPath, lxcOf } from "../lxc/lxc-of.ts";
import type { Places } from "../model/places.ts";
import type { Plan } from "../model/plan.ts";
import { lxcLogLines } from "./lxc-log.ts";
import { programPath, searchPath } from "./program.ts";
import type { Command } from "./program.ts";

/** systemd's own; without it `run` says "ready" before LXC has begun. */
const notifier = "/usr/bin/systemd-notify";

/** LXC says nothing to systemd, writes a console to files only, and takes newuidmap's word for what ids root may use. */
export function prepareLxc(plan: Plan, places: Places, { logPath }: { logPath: string }): Command {
  const { argv, configuration } = lxcOf(plan, places);
  const saysReady = existsSync(notifier);
  const lines = [
    ...(saysReady ? [`lxc.hook.start-host = ${notifier} --ready`] : []),
    ...cgroupLines(),
    ...lxcLogLines(logPath),
    `lxc.console.logfile = ${consolePipe(places.runtimeDirectory)}`,
  ];
  const path = lxcConfigurationPath(places);
  writeFileSync(path, `${configuration}${lines.join("\n")}\n`, { mode: 0o600, flag: "wx" });
  return {
    path: programPath("lxc-start", { packageName: "lxc" }),
    argv,
    environment: { PATH: pathWithoutIdMaps() },
    saysReady,
  };
}

/**
 * Below the unit's group, by its whole path: from one that is relative, each reboot inside would go one level deeper, as LXC takes the
 * group that its own monitor is in by then.
 */
function cgroupLines(): string[] {
  const own = ownGroup();
  if (own === undefined) return [];
  return [
    "lxc.cgroup.relative = 0",
    `lxc.cgroup.dir.container = ${own}/payload`,
    `lxc.cgroup.dir.monitor = ${own}/supervisor`,
    `lxc.cgroup.dir.monitor.pivot = ${own}/pivot`,
  ];
}

/** In the hierarchy of version 2; undefined where there is none, or where we are at its top. */
function ownGroup(): string | undefined {
  return /^0::\/(.+)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
}

/**
 * A pipe that stays open, and what copies it to the journal until the unit ends. LXC wants a path, and what systemd gave us as
 * standard output is a socket, which cannot be opened by one. The copier is no child of ours: where LXC cannot set a container up, it
 * waits for all of its children.
 */
function consolePipe(directory: string): string {
  const path = join(directory, "console");
  mknodAt(AT_FDCWD, path, S_IFIFO | 0o600);
  const fd = openSync(path, O_RDWR | O_CLOEXEC);
  const group = consoleGroup();
  if (group !== undefined) mkdirSync(group, { recursive: true });
  const move = group === undefined ? [] : [join(group, "cgroup.procs")];
  const script = 'if [ -n "$1" ]; then echo 0 >"$1"; fi; cat <&3 3<&- &';
  const command = ["/bin/sh", "-ec", script, "sh", ...move];
  const { exitCode } = Bun.spawnSync(command, {
    stdio: ["ignore", "inherit", "inherit", fd],
    env: { PATH: searchPath() },
  });
  closeSync(fd);
  if (exitCode === 0) return path;
  throw new RuntimeError("host", `Cannot start the container: what copies its console ended with ${exitCode}`);
}

/** A group with a process of its own cannot give controllers to those below it (cgroups(7)), which LXC's payload is to have. */
function consoleGroup(): string | undefined {
  const own = ownGroup();
  const top = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((path) => existsSync(join(path, "cgroup.procs")));
  return own === undefined || top === undefined ? undefined : join(top, own, "console");
}

/**
 * With newuidmap on its PATH, LXC wants root to have the ids in /etc/subuid as well. Ours are kept with the container, apart from those
 * that the host has given away there, and root needs no help to use them.
 */
function pathWithoutIdMaps(): string {
  const directories = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];
  const usable = directories.filter((directory) => !existsSync(join(directory, "newuidmap")));
  return usable.length === 0 ? "/nonexistent" : usable.join(":");
}
