import type { CommandSpec, OptionSpec } from "../arguments/command.ts";
import { manifest, signature } from "./statement-options.ts";
import { transferOption } from "./transfer-option.ts";

const name: OptionSpec = {
  name: "name",
  value: "NAME",
  summary: "which container (default: one's own, or the only)",
};

function change(
  action: "rollback" | "try" | "start" | "stop" | "restart",
  summary: string,
  details: string,
): CommandSpec {
  return {
    name: action,
    summary,
    positionals: [],
    options: [name],
    details: [details],
    examples: [`hostctl container ${action}`, `hostctl container ${action} --name edge`],
    load: async () => (await import("./container-change.ts")).changes[action],
  };
}

export const containerCommands: readonly CommandSpec[] = [
  {
    name: "install",
    summary: "stage a new image; it starts at the next boot",
    positionals: [
      { name: "config.yaml", required: true, complete: "file" },
      { name: "rootfs", required: false, complete: "file" },
      { name: "meta", required: false, complete: "file" },
    ],
    usage: ["<config.yaml> <rootfs> [meta]", "<bundle>", "-"],
    options: [name, transferOption, manifest, signature],
    details: [
      'With one argument it is a bundle: a file as "hostctl image build" makes it, or "-" for a bundle on standard input.',
      "Archives are .tar, .tar.xz, .tar.zst or .tar.gz; what they are is told by their content.",
      "With --device the files are sent in pieces: a lost line costs at most 1 % of the image again. A bundle on standard input, and --transfer stream, cannot be gone on with.",
      "The first Ctrl-C cancels and waits until host-service has cleaned up, the second leaves at once.",
    ],
    examples: [
      "hostctl container install config.yaml rootfs.tar.xz",
      "hostctl container install config.yaml rootfs.tar.zst meta.tar.xz --name edge",
      "hostctl container install config.yaml rootfs.tar.xz --manifest manifest",
      "hostctl container install edge-1.5.0.tar",
      "curl -s https://example.org/edge-1.5.0.tar | hostctl container install -",
    ],
    load: async () => (await import("./container-install.ts")).install,
  },
  {
    name: "commit",
    summary: "keep what is running: end the trial",
    positionals: [],
    options: [name, { name: "expect", value: "VERSION|DIGEST", summary: "refuse where something else is running" }],
    details: ["Until it is committed, a new image is on trial: the next reboot goes back to the image before."],
    examples: ["hostctl container commit", "hostctl container commit --expect 1.5.0"],
    load: async () => (await import("./container-change.ts")).commit,
  },
  change(
    "rollback",
    "go back to the image before",
    "The image before starts at the next boot. Before the new one was booted it is simply dropped.",
  ),
  {
    name: "status",
    summary: "print the state, what runs and what boots next",
    positionals: [],
    options: [name],
    details: ["The first line is the state word alone: normal, pending, trying or rollback."],
    examples: ["hostctl container status", "hostctl container status | head -1", "hostctl container status --json"],
    load: async () => (await import("./container-read.ts")).status,
  },
  change("try", "start the new image now, without a reboot", "A reboot of the host without a commit still rolls back."),
  change("start", "start the container", "It starts the image that this boot has chosen."),
  change("stop", "stop the container", "The state of its images stays as it is."),
  change("restart", "stop and start the container", "A restart is not a reboot: it ends no trial."),
  {
    name: "remove",
    summary: "remove a container with its images and volumes",
    positionals: [],
    options: [name, { name: "yes", summary: "do not ask" }],
    details: [
      "Only the host may remove a container. It cannot be undone; on a terminal hostctl asks unless --yes is given.",
    ],
    examples: ["hostctl container remove --name edge", "hostctl container remove --name edge --yes"],
    load: async () => (await import("./container-change.ts")).remove,
  },
  {
    name: "list",
    summary: "list the containers",
    positionals: [],
    options: [],
    examples: ["hostctl container list", "hostctl container list --json"],
    load: async () => (await import("./container-read.ts")).list,
  },
  {
    name: "config",
    summary: "read and set keys on top of config.yaml's",
    positionals: [
      { name: "verb", required: true, complete: ["get", "set", "unset", "list"] },
      { name: "key", required: false },
      { name: "value", required: false },
    ],
    usage: ["get <key>", "set <key> <value>", "unset <key>", "list"],
    options: [name],
    details: [
      "On the host alone. Live keys win over those of config.yaml and outlive updates of the image. The guest sees user.*, cloud-init.* and the switches of its API (security.guestapi, security.devlxd) at once, user.* as events; all other keys, such as limits.* and environment.*, count from the next start, as far as the host grants them. unset takes a live key back, so that the image's own counts again.",
    ],
    examples: [
      "hostctl container config set user.mode fast",
      "hostctl container config get user.mode",
      "hostctl container config unset user.mode --name edge",
      'hostctl container config set cloud-init.user-data "$(cat user-data.yaml)"',
    ],
    load: async () => (await import("./container-live.ts")).config,
  },
  {
    name: "device",
    summary: "add and remove devices on top of config.yaml's",
    positionals: [
      { name: "verb", required: true, complete: ["add", "remove", "list"] },
      { name: "device", required: false },
      { name: "key=value", required: false, repeats: true },
    ],
    usage: ["add <device> <key=value>...", "remove <device>", "list"],
    options: [name],
    details: [
      "On the host alone, and below what the host grants. A container that runs gets a disk or a device node at once, and loses it as soon; its guest is told. What a running container cannot get (a nic, a disk that is read-only where the container has ids of its own) is refused: stop it, add it, start it. Devices that were added outlive updates of the image.",
    ],
    examples: [
      "hostctl container device add data type=disk source=/srv/data path=/data",
      "hostctl container device add port type=unix-char source=/dev/ttyUSB0 mode=0660",
      "hostctl container device remove data",
      "hostctl container device list --json",
    ],
    load: async () => (await import("./container-live.ts")).device,
  },
  {
    name: "history",
    summary: "print what was done to the container, newest last",
    positionals: [],
    options: [name],
    examples: ["hostctl container history", "hostctl container history --name edge --json"],
    load: async () => (await import("./container-read.ts")).history,
  },
  {
    name: "logs",
    summary: "print what the container wrote to its console",
    positionals: [],
    options: [
      name,
      { name: "follow", short: "f", summary: "wait for more, until Ctrl-C" },
      { name: "lines", short: "n", value: "N", summary: "only the last N lines (default 1000, with --follow 10)" },
      { name: "boot", value: "N|all", summary: "of which boot: 0 is this one, -1 the one before (default 0)" },
      { name: "trial", summary: "what was kept of the last trial" },
    ],
    details: [
      "It is the journal of the container's unit. What a container on trial writes is kept in a file as well: after the reboot that ended the trial it is printed first, also where the journal is in memory only.",
    ],
    examples: [
      "hostctl container logs",
      "hostctl container logs --follow",
      "hostctl container logs --lines 50 --boot=-1",
      "hostctl container logs --trial",
    ],
    load: async () => (await import("./container-logs.ts")).logs,
  },
];
