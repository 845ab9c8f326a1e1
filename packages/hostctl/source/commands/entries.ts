// The table of all commands.
import type { CommandSpec, Entry, OptionSpec } from "../arguments/command.ts";
import { imageCommands } from "./image-entries.ts";
import { containerCommands } from "./container-entries.ts";
import { portableCommands } from "./portable-entries.ts";
import { systemCommands, upgradeCommand } from "./system-entries.ts";

const yes: OptionSpec = { name: "yes", summary: "do not ask" };

const powerCommands: readonly CommandSpec[] = [
  {
    name: "ping",
    summary: "check the connection to host-service",
    positionals: [],
    options: [],
    examples: ["hostctl ping", "hostctl --socket-path /host/host-service ping"],
    load: async () => (await import("./power.ts")).ping,
  },
  {
    name: "reboot",
    summary: "reboot the host",
    positionals: [],
    options: [yes],
    details: [
      "A reboot during a trial rolls the trial back. hostctl then says so on standard error, and asks on a terminal unless --yes is given. The host's policy may refuse such a reboot.",
    ],
    examples: ["hostctl reboot", "hostctl reboot --yes"],
    load: async () => (await import("./power.ts")).reboot,
  },
  {
    name: "suspend",
    summary: "suspend the host",
    positionals: [],
    options: [],
    examples: ["hostctl suspend"],
    load: async () => (await import("./power.ts")).suspend,
  },
];

const doctor: CommandSpec = {
  name: "doctor",
  summary: "say what on this host is missing or slow, and the next step",
  positionals: [],
  options: [],
  details: [
    "Each line is ok, a warning (slow, or in the way one day) or a problem (in the way now), with the next step below. The exit code is 0 when nothing is a problem.",
    "Where host-service cannot be reached, that is the first problem, and the host is examined without it; then run it as root.",
  ],
  examples: ["hostctl doctor", "hostctl doctor --json", "hostctl --device ssh://root@edge-7 doctor"],
  load: async () => (await import("./doctor.ts")).doctor,
};

const completion: CommandSpec = {
  name: "completion",
  summary: "print the completions for a shell",
  positionals: [{ name: "shell", required: true, complete: ["bash", "zsh", "fish"] }],
  options: [],
  examples: [
    "hostctl completion bash > /etc/bash_completion.d/hostctl",
    'hostctl completion zsh > "${fpath[1]}/_hostctl"',
    "hostctl completion fish > ~/.config/fish/completions/hostctl.fish",
  ],
  load: async () => (await import("./completion.ts")).completionOf(entries),
};

export const entries: readonly Entry[] = [
  ...powerCommands,
  upgradeCommand,
  { name: "system", summary: "upgrade and look at the host itself", commands: systemCommands },
  { name: "container", summary: "update, look at and control a container", commands: containerCommands },
  {
    name: "portable",
    summary: "attach and look at portable services of the host's systemd",
    commands: portableCommands,
  },
  doctor,
  { name: "image", summary: "work with image files, without host-service", commands: imageCommands },
  completion,
];
