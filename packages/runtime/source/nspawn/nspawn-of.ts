// systemd-nspawn(1) and systemd.nspawn(5) of systemd 252. What a command line may show to everybody on the host is there; the
// environment is in the settings, which only root reads. Both are complete: what the program would add by itself is switched off.
import type { Places } from "../model/places.ts";
import type { Limits, Network, Plan } from "../model/plan.ts";
import { bindLines } from "./binds.ts";
import { assignmentWord } from "./words.ts";

export interface NspawnFiles {
  /** The whole command line, the program first. */
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

function commandLine({ name, ids, init, limits }: Plan, { root, machined }: Places): string[] {
  // machined is for what has an init; --keep-unit: the unit is the container's own.
  const register = machined && init.kind === "boot";
  return [
    // OOMScoreAdjust= of systemd 252 fails with private users; what is inherited stays.
    ...(limits.oomScoreAdjust === undefined ? [] : ["choom", "-n", String(limits.oomScoreAdjust), "--"]),
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
    ...(init.kind === "boot" ? ["--boot"] : ["--as-pid2", `--chdir=${init.cwd}`, "--", ...init.argv]),
  ];
}

function executionLines(plan: Plan, places: Places): string[] {
  const { capabilities, environment, init, killSignal, syscallsDenied, network } = plan;
  const signal = killSignal ?? (init.kind === "boot" ? undefined : "SIGTERM");
  return [
    ...[...environment].map(([name, value]) => `Environment=${assignmentWord(`${name}=${value}`)}`),
    ...(init.kind === "boot" && places.initNotifies ? ["NotifyReady=yes"] : []),
    ...(signal === undefined ? [] : [`KillSignal=${signal}`]),
    ...(capabilities.add.length === 0 ? [] : [`Capability=${capabilities.add.join(" ")}`]),
    ...(capabilities.drop.length === 0 ? [] : [`DropCapability=${capabilities.drop.join(" ")}`]),
    ...(syscallsDenied.length === 0 ? [] : [`SystemCallFilter=~${syscallsDenied.join(" ")}`]),
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
