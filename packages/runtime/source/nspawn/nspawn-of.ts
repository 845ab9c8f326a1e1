// systemd-nspawn(1) and systemd.nspawn(5) of systemd 252. What a command line may show to everybody on the host is there; the
// environment is in the settings, which only root reads. Both are complete: what the program would add by itself is switched off.
import type { Places } from "../model/places.ts";
import type { Limits, Network, Plan } from "../model/plan.ts";
import { bindLines } from "./binds.ts";
import { assignmentWord } from "./words.ts";

export interface NspawnFiles {
  /** The whole command line; the first word is "systemd-nspawn". */
  argv: string[];
  /** The text of the file `nspawnSettingsPath` (0600: it has the environment). */
  settings: string;
}

export function nspawnOf(plan: Plan, places: Places): NspawnFiles {
  const sections: [name: string, lines: readonly string[]][] = [
    ["Exec", [...executionLines(plan, places), ...limitLines(plan.limits)]],
    ["Files", [...(plan.rootfs === "read-only" ? ["ReadOnly=yes"] : []), ...bindLines(plan, places)]],
    ["Network", networkLines(plan.network)],
  ];
  const text = sections.map(([name, lines]) => [`[${name}]`, ...lines].join("\n"));
  return { argv: commandLine(plan, places), settings: `${text.join("\n\n")}\n` };
}

/** Where systemd-nspawn looks for the settings. One of the same name in /etc/systemd/nspawn would win: `container run` refuses that. */
export function nspawnSettingsPath(name: string): string {
  return `/run/systemd/nspawn/${name}.nspawn`;
}

function commandLine({ name, ids, init }: Plan, { root, machined }: Places): string[] {
  // machined is for what has an init; --keep-unit: the unit is the container's own.
  const register = machined && init.kind === "boot";
  return [
    "systemd-nspawn",
    "--quiet",
    "--keep-unit",
    `--register=${register ? "yes" : "no"}`,
    "--settings=yes",
    `--machine=${name}`,
    `--directory=${root}`,
    ...(ids === undefined
      ? ["--private-users=no"]
      : [`--private-users=${ids.base}:${ids.count}`, "--private-users-ownership=off"]),
    "--console=read-only",
    ...programWords(init),
  ];
}

/** An init that the image names is process 1 as well, but not one that systemd-nspawn would look for. */
function programWords(init: Plan["init"]): string[] {
  if (init.kind === "command") return ["--as-pid2", `--chdir=${init.cwd}`, "--", ...init.argv];
  return init.argv === undefined ? ["--boot"] : ["--", ...init.argv];
}

/**
 * What systemd-nspawn itself would send only to an init that it looked for; without a signal it kills. A command has systemd-nspawn's own
 * process 1 beside it, which takes no other signals than an init's, and sends SIGTERM to the command then.
 */
function signalOf({ init, killSignal }: Plan): string | undefined {
  if (init.kind === "command") return "SIGRTMIN+3";
  return killSignal ?? (init.argv === undefined ? undefined : "SIGRTMIN+3");
}

function executionLines(plan: Plan, places: Places): string[] {
  const { capabilities, environment, init, limits, syscallsDenied, network } = plan;
  const signal = signalOf(plan);
  return [
    ...[...environment].map(([name, value]) => `Environment=${assignmentWord(`${name}=${value}`)}`),
    ...(init.kind === "boot" && places.initNotifies ? ["NotifyReady=yes"] : []),
    ...(signal === undefined ? [] : [`KillSignal=${signal}`]),
    ...(capabilities.add.length === 0 ? [] : [`Capability=${capabilities.add.join(" ")}`]),
    ...(capabilities.drop.length === 0 ? [] : [`DropCapability=${capabilities.drop.join(" ")}`]),
    ...(syscallsDenied.length === 0 ? [] : [`SystemCallFilter=~${syscallsDenied.join(" ")}`]),
    ...(limits.oomScoreAdjust === undefined ? [] : [`OOMScoreAdjust=${limits.oomScoreAdjust}`]),
    // In its own network the image knows its servers; in the host's they are the host's.
    `ResolvConf=${network.kind === "host" ? "auto" : "off"}`,
    "Timezone=off",
    "LinkJournal=no",
  ];
}

function limitLines({ kernel }: Limits): string[] {
  const text = (value: number | "unlimited") => (value === "unlimited" ? "infinity" : String(value));
  return [...kernel].map(([name, { soft, hard }]) => `Limit${name.toUpperCase()}=${text(soft)}:${text(hard)}`);
}

function networkLines(network: Network): string[] {
  if (network.kind === "host") return ["Private=no", "VirtualEthernet=no"];
  const bridged = network.nics.find(({ kind }) => kind === "bridged");
  const lines = network.nics.map((nic): string => {
    switch (nic.kind) {
      case "bridged":
        return `Bridge=${nic.parent}`;
      case "macvlan":
        return `MACVLAN=${nic.parent}`;
      case "ipvlan":
        return `IPVLAN=${nic.parent}`;
      case "physical":
        return `Interface=${nic.parent}`;
      case "p2p":
        return `VirtualEthernetExtra=${nic.hostName}:${nic.name}`;
    }
  });
  return ["Private=yes", `VirtualEthernet=${bridged === undefined ? "no" : "yes"}`, ...lines];
}
