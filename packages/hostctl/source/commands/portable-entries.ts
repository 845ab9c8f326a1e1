import type { CommandSpec, OptionSpec } from "../arguments/command.ts";
import { transferOption } from "./transfer-option.ts";

const name: OptionSpec = {
  name: "name",
  value: "NAME",
  summary: "the service (default: the file's name before the _)",
};

const imageOptions: readonly OptionSpec[] = [
  name,
  {
    name: "profile",
    value: "PROFILE",
    summary: "default, nonetwork, strict or trusted",
  },
  {
    name: "prefix",
    value: "PREFIX",
    repeats: true,
    summary: "which units are meant (default: the name)",
  },
  { name: "signature", value: "FILE", complete: "file", summary: "by minisign (default: <image>.minisig)" },
  transferOption,
];

const imageDetails = [
  'The image is an archive of a directory tree (.tar, .tar.xz, .tar.zst, .tar.gz), or a raw image such as squashfs; what it is is told by its content. "-" is standard input.',
];

const service: CommandSpec["positionals"] = [{ name: "service", required: true }];
const serviceDetail =
  "The service is named by its name, or by the file name of its image: minimal, or minimal_1.0.tar.xz.";

export const portableCommands: readonly CommandSpec[] = [
  {
    name: "inspect",
    summary: "check an image as attach would, and change nothing",
    positionals: [{ name: "image", required: true, complete: "file" }],
    usage: ["<image>", "-"],
    options: imageOptions,
    details: [...imageDetails, "It ends with 1 where the image would be refused."],
    examples: [
      "hostctl portable inspect minimal_1.0.tar.xz",
      "hostctl portable inspect minimal_1.0.raw --profile strict --json",
    ],
    load: async () => (await import("./portable-image.ts")).inspect,
  },
  {
    name: "attach",
    summary: "attach an image and start its units, on trial",
    positionals: [{ name: "image", required: true, complete: "file" }],
    usage: ["<image>", "-"],
    options: imageOptions,
    details: [
      ...imageDetails,
      "Of an attached service it is the update: where the new version does not start or does not stay, the one before runs again, and the command fails. A reboot without hostctl portable commit goes back as well.",
    ],
    examples: [
      "hostctl portable attach minimal_1.0.tar.xz",
      "hostctl portable attach minimal_1.1.raw --name minimal --profile strict",
    ],
    load: async () => (await import("./portable-image.ts")).attach,
  },
  {
    name: "detach",
    summary: "stop a service, detach it and remove its images",
    positionals: service,
    options: [],
    details: [serviceDetail],
    examples: ["hostctl portable detach minimal"],
    load: async () => (await import("./portable.ts")).detach,
  },
  {
    name: "list",
    summary: "list the portable services",
    positionals: [],
    options: [],
    examples: ["hostctl portable list", "hostctl portable list --json"],
    load: async () => (await import("./portable.ts")).list,
  },
  {
    name: "status",
    summary: "print a service's state, and what is attached",
    positionals: service,
    options: [],
    details: ["The first line is the state word alone: normal, trying or rollback.", serviceDetail],
    examples: ["hostctl portable status minimal", "hostctl portable status minimal | head -1"],
    load: async () => (await import("./portable.ts")).status,
  },
  {
    name: "commit",
    summary: "keep the image that is attached: end the trial",
    positionals: service,
    options: [{ name: "expect", value: "VERSION|DIGEST", summary: "refuse where something else is attached" }],
    details: [serviceDetail],
    examples: ["hostctl portable commit minimal", "hostctl portable commit minimal --expect 1.1"],
    load: async () => (await import("./portable.ts")).commit,
  },
  {
    name: "rollback",
    summary: "go back to the image before, now",
    positionals: service,
    options: [],
    details: [serviceDetail],
    examples: ["hostctl portable rollback minimal"],
    load: async () => (await import("./portable.ts")).rollback,
  },
  {
    name: "history",
    summary: "print what was done to a service, newest last",
    positionals: service,
    options: [],
    details: [serviceDetail],
    examples: ["hostctl portable history minimal", "hostctl portable history minimal --json"],
    load: async () => (await import("./portable.ts")).history,
  },
];
