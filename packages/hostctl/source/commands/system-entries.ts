import type { CommandSpec } from "../arguments/command.ts";
import { transferOption } from "./transfer-option.ts";

const upgrade: Omit<CommandSpec, "name" | "examples"> = {
  summary: "install an upgrade; it starts at the next boot",
  positionals: [{ name: "file", required: true, complete: "file" }],
  usage: ["<file>", "-"],
  options: [
    transferOption,
    { name: "sha256", value: "HEX", summary: "what the file's digest has to be" },
    {
      name: "signature",
      value: "FILE",
      complete: "file",
      summary: "of a raw image, by minisign (default: <file>.minisig)",
    },
    { name: "allow-downgrade", summary: "take an older version, where the host permits it" },
  ],
  details: [
    'The file is a Mender artifact (.mender), a set of them (.multi-mender), a raw image, or what the host\'s own tool takes; what it is is told by its content. "-" is standard input.',
    "It is written to the slot that does not run, read back, and tried at the next boot. A reboot without hostctl system commit goes back.",
    "With --device the file is sent in pieces: a lost line costs at most 1 % of it again. Standard input, and --transfer stream, cannot be gone on with.",
    "The first Ctrl-C cancels and waits until host-service has cleaned up, the second leaves at once.",
  ],
  load: async () => (await import("./system-upgrade.ts")).upgrade,
};

/** The short form of `system upgrade`. */
export const upgradeCommand: CommandSpec = {
  ...upgrade,
  name: "upgrade",
  examples: ["hostctl upgrade firmware.mender"],
};

export const systemCommands: readonly CommandSpec[] = [
  {
    ...upgrade,
    name: "upgrade",
    examples: [
      "hostctl system upgrade firmware.mender",
      "hostctl system upgrade disk.img --signature disk.img.minisig",
      "hostctl --device ssh://root@edge-7 system upgrade firmware.mender",
      "curl -s https://example.org/firmware.mender | hostctl system upgrade -",
    ],
  },
  {
    name: "status",
    summary: "print the state of the host's slots, and what boots",
    positionals: [],
    options: [],
    details: ["The first line is the state word alone: normal, pending, trying or rollback."],
    examples: ["hostctl system status", "hostctl system status | head -1", "hostctl system status --json"],
    load: async () => (await import("./system.ts")).status,
  },
  {
    name: "commit",
    summary: "keep the host's system that is running: end the trial",
    positionals: [],
    options: [{ name: "expect", value: "VERSION|DIGEST", summary: "refuse where something else is running" }],
    details: ["Until it is committed, an upgrade is on trial: the next reboot goes back to the system before."],
    examples: ["hostctl system commit", "hostctl system commit --expect release-2"],
    load: async () => (await import("./system.ts")).commit,
  },
  {
    name: "rollback",
    summary: "go back to the host's system before",
    positionals: [],
    options: [],
    details: ["The system before starts at the next boot. Before the new one was booted it is simply dropped."],
    examples: ["hostctl system rollback", "hostctl system rollback && hostctl reboot"],
    load: async () => (await import("./system.ts")).rollback,
  },
  {
    name: "history",
    summary: "print what was done to the host's system, newest last",
    positionals: [],
    options: [],
    examples: ["hostctl system history", "hostctl system history --json"],
    load: async () => (await import("./system.ts")).history,
  },
];
