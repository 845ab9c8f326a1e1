// lxc-start(1) and lxc.container.conf(5) of LXC 5.0.2. The file is whole: it includes nothing of the host's but the list of denied
// system calls that LXC itself ships.
import type { Places } from "../model/places.ts";
import type { Plan } from "../model/plan.ts";
import { mountLines } from "./mounts.ts";
import { networkLines } from "./network.ts";
import { line, quotedLine } from "./words.ts";

export interface LxcFiles {
  argv: string[];
  /** The text of the file `lxcConfigurationPath` (0600: it has the environment). */
  configuration: string;
}

export function lxcOf(plan: Plan, places: Places): LxcFiles {
  const lines = [
    ...identityLines(plan, places),
    ...securityLines(plan),
    ...limitLines(plan),
    ...networkLines(plan.network),
    ...mountLines(plan, places),
    ...[...plan.environment].map(([name, value]) => quotedLine("lxc.environment", `${name}=${value}`)),
    ...plan.rawLines,
  ];
  return { argv: commandLine(plan, places), configuration: `${lines.join("\n")}\n` };
}

/** The file that `lxcOf`'s command line names. */
export function lxcConfigurationPath(places: Pick<Places, "runtimeDirectory">): string {
  return `${places.runtimeDirectory}/config`;
}

function commandLine({ name, init }: Plan, places: Places): string[] {
  return [
    "lxc-start",
    `--name=${name}`,
    "--foreground",
    // Where lxc-stop and lxc-info find it again: with --lxcpath as well.
    `--lxcpath=${places.runtimeDirectory}`,
    `--rcfile=${lxcConfigurationPath(places)}`,
    ...(init.argv === undefined ? [] : ["--", ...init.argv]),
  ];
}

/** One file of this size is kept, and the one before it. */
const consoleBytes = "1MB";

function identityLines(plan: Plan, places: Places): string[] {
  const { hostname, ids, init, killSignal, rebootSignal, rootfs, stopSignal } = plan;
  const signals = { halt: killSignal ?? (init.kind === "command" ? "SIGTERM" : undefined) };
  const command =
    init.kind === "boot"
      ? []
      : [line("lxc.init.cwd", init.cwd), line("lxc.init.uid", init.uid), line("lxc.init.gid", init.gid)];
  return [
    line("lxc.uts.name", hostname),
    line("lxc.rootfs.path", `dir:${places.root}`),
    ...(rootfs === "read-only" ? [line("lxc.rootfs.options", "ro")] : []),
    ...(ids === undefined ? [] : ["u", "g"].map((kind) => line("lxc.idmap", `${kind} 0 ${ids.base} ${ids.count}`))),
    ...command,
    ...optional("lxc.signal.halt", signals.halt),
    ...optional("lxc.signal.reboot", rebootSignal),
    ...optional("lxc.signal.stop", stopSignal),
    line("lxc.autodev", 1),
    line("lxc.tty.max", plan.ttyMax ?? 0),
    line("lxc.pty.max", plan.ptyMax ?? 1024),
    ...(places.consoleLog === undefined
      ? []
      : [
          line("lxc.console.logfile", places.consoleLog),
          line("lxc.console.size", consoleBytes),
          line("lxc.console.rotate", 1),
        ]),
    // Below the unit's own group, where its limits are.
    line("lxc.cgroup.relative", 1),
  ];
}

/**
 * What common.conf of LXC drops for a privileged container. With ids of its own the kernel denies them anyway, and an init that does
 * not have them does not try.
 */
const droppedByDefault = ["CAP_MAC_ADMIN", "CAP_MAC_OVERRIDE", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_TIME"];

function securityLines({ capabilities, nesting }: Plan): string[] {
  const dropped = [...droppedByDefault.filter((name) => !capabilities.add.includes(name)), ...capabilities.drop];
  const names = [...new Set(dropped)].toSorted().map((name) => name.slice("CAP_".length).toLowerCase());
  return [
    ...(names.length === 0 ? [] : [line("lxc.cap.drop", names.join(" "))]),
    line("lxc.seccomp.profile", "/usr/share/lxc/config/common.seccomp"),
    // Without AppArmor the first is passed over. The second also gives a second proc and sysfs in /dev/.lxc, which is what a
    // container in the container needs.
    line("lxc.apparmor.profile", "generated"),
    line("lxc.apparmor.allow_nesting", nesting ? 1 : 0),
  ];
}

function limitLines({ limits, sysctl }: Plan): string[] {
  return [
    ...(limits.oomScoreAdjust === undefined ? [] : [line("lxc.proc.oom_score_adj", limits.oomScoreAdjust)]),
    ...[...limits.kernel].map(([name, { soft, hard }]) => line(`lxc.prlimit.${name}`, `${soft}:${hard}`)),
    ...[...sysctl].map(([name, value]) => line(`lxc.sysctl.${name}`, value)),
  ];
}

function optional(key: string, value: string | undefined): string[] {
  return value === undefined ? [] : [line(key, value)];
}
