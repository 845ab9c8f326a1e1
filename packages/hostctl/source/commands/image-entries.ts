import type { CommandSpec } from "../arguments/command.ts";
import { manifest, signature } from "./statement-options.ts";

const parts: CommandSpec["positionals"] = [
  { name: "config.yaml", required: true, complete: "file" },
  { name: "rootfs", required: false, complete: "file" },
  { name: "meta", required: false, complete: "file" },
];

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
    options: [manifest, signature],
    details: [
      "The config.yaml is checked as an install would check it, and a manifest is compared with the parts. An existing file is not overwritten.",
    ],
    examples: [
      "hostctl image build edge-1.5.0.tar config.yaml rootfs.tar.xz",
      "hostctl image build edge-1.5.0.tar config.yaml rootfs.tar.zst meta.tar.xz",
      "hostctl image build edge.tar config.yaml rootfs.tar.xz --manifest manifest",
    ],
    load: async () => (await import("./image.ts")).build,
  },
  {
    name: "sign",
    summary: "sign a bundle, or the parts of an image",
    positionals: parts,
    usage: ["<bundle> --secret-key FILE", "<config.yaml> <rootfs> [meta] --secret-key FILE"],
    options: [
      { name: "secret-key", value: "FILE", complete: "file", summary: "a secret key of minisign" },
      { name: "password-file", value: "FILE", complete: "file", summary: 'its password; "-" for standard input' },
      { name: "trusted-comment", value: "TEXT", summary: "signed with it (default: name, version and time)" },
      { name: "untrusted-comment", value: "TEXT", summary: "not signed" },
      { name: "out", value: "FILE", complete: "file", summary: "the signed bundle (default: in its place)" },
      { name: "manifest-only", summary: "write the manifest and sign nothing" },
      manifest,
      signature,
    ],
    details: [
      "The manifest has the name, the version and the digest of every part; its signature is minisign's. Of parts, both are written beside each other, as manifest and manifest.sig; a bundle gets them into it.",
      'A key that hostctl cannot use, such as one in a hardware token, signs what --manifest-only writes, as with "minisign -Sm manifest -x manifest.sig"; image build then takes the signature.',
    ],
    examples: [
      "hostctl image sign edge-1.5.0.tar --secret-key edge.key",
      "hostctl image sign edge.tar --secret-key edge.key --password-file password",
      "hostctl image sign config.yaml rootfs.tar.xz --manifest-only",
    ],
    load: async () => (await import("./image-sign.ts")).sign,
  },
  {
    name: "verify",
    summary: "verify the signature of a bundle or of parts",
    positionals: parts,
    usage: ["<bundle> --key KEY", "<config.yaml> <rootfs> [meta] --manifest M --key KEY"],
    options: [
      {
        name: "key",
        value: "KEY",
        complete: "file",
        repeats: true,
        summary: "a public key: a file, or its line; several may be given",
      },
      manifest,
      signature,
    ],
    details: [
      "The same check as a host makes before an install, but for expiry and revocation, which each host knows itself.",
    ],
    examples: [
      "hostctl image verify edge-1.5.0.tar --key edge.pub",
      "hostctl image verify edge-1.5.0.tar --key edge.pub --key spare.pub",
    ],
    load: async () => (await import("./image-verify.ts")).verify,
  },
];
