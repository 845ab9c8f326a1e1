import type { CommandSpec } from "../arguments/command.ts";

export const imageCommands: readonly CommandSpec[] = [
  {
    name: "inspect",
    summary: "print what is in a bundle",
    positionals: [{ name: "bundle", required: true, complete: "file" }],
    options: [],
    examples: ["hostctl image inspect edge-1.5.0.tar", "hostctl image inspect edge-1.5.0.tar --json"],
    load: async () => (await import("./image.ts")).inspect,
  },
  {
    name: "build",
    summary: "make a bundle of an image's parts",
    positionals: [
      { name: "out", required: true, complete: "file" },
      { name: "config.yaml", required: true, complete: "file" },
      { name: "rootfs", required: true, complete: "file" },
      { name: "meta", required: false, complete: "file" },
    ],
    options: [],
    details: ["The config.yaml is checked as an install would check it. An existing file is not overwritten."],
    examples: [
      "hostctl image build edge-1.5.0.tar config.yaml rootfs.tar.xz",
      "hostctl image build edge-1.5.0.tar config.yaml rootfs.tar.zst meta.tar.xz",
    ],
    load: async () => (await import("./image.ts")).build,
  },
];
