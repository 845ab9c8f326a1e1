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
    summary: "print what is in an image",
    positionals: [{ name: "file", required: true, complete: "file" }],
    options: [],
    details: [
      "A bundle, a Mender artifact, a set of them, a raw image, or one part of a container's image. Of an artifact it is what it says of itself: neither its signature nor its payload is verified.",
    ],
    examples: [
      "hostctl image inspect edge-1.5.0.tar",
      "hostctl image inspect edge-1.5.0.tar --json",
      "hostctl image inspect firmware.mender",
    ],
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
    summary: "sign an image, or its parts",
    positionals: parts,
    usage: [
      "<bundle> --secret-key FILE",
      "<config.yaml> <rootfs> [meta] --secret-key FILE",
      "<firmware.mender> --secret-key FILE",
      "<disk.img> --secret-key FILE",
      "<file> --detached --secret-key FILE",
    ],
    options: [
      {
        name: "secret-key",
        value: "FILE",
        complete: "file",
        summary: "one of minisign, or for an artifact in PEM",
      },
      { name: "password-file", value: "FILE", complete: "file", summary: 'its password; "-" for standard input' },
      { name: "trusted-comment", value: "TEXT", summary: "signed with it (default: name, version and time)" },
      { name: "untrusted-comment", value: "TEXT", summary: "not signed" },
      { name: "out", value: "FILE", complete: "file", summary: "the signed file (default: in its place)" },
      { name: "manifest-only", summary: "write the manifest and sign nothing" },
      { name: "detached", summary: "sign any file as it is, into <file>.minisig" },
      manifest,
      signature,
    ],
    details: [
      "The manifest has the name, the version and the digest of every part; its signature is minisign's. Of parts, both are written beside each other, as manifest and manifest.sig; a bundle gets them into it.",
      "A Mender artifact gets manifest.sig into it, of an RSA or P-256 key, or another in its place. A raw image gets its signature beside it, as <disk.img>.minisig, and so does any file with --detached: an image of a portable service is signed so.",
      'A key that hostctl cannot use, such as one in a hardware token, signs what --manifest-only writes, as with "minisign -Sm manifest -x manifest.sig"; image build then takes the signature.',
    ],
    examples: [
      "hostctl image sign edge-1.5.0.tar --secret-key edge.key",
      "hostctl image sign edge.tar --secret-key edge.key --password-file password",
      "hostctl image sign config.yaml rootfs.tar.xz --manifest-only",
      "hostctl image sign firmware.mender --secret-key mender.pem",
      "hostctl image sign disk.img --secret-key minisign.key",
    ],
    load: async () => (await import("./image-sign.ts")).sign,
  },
  {
    name: "verify",
    summary: "verify an image and who has signed it",
    positionals: parts,
    usage: [
      "<bundle> --key KEY",
      "<config.yaml> <rootfs> [meta] --manifest M --key KEY",
      "<firmware.mender> --key KEY [--device-type TYPE]",
      "<disk.img> --key KEY [--signature FILE]",
      "<disk.img> --sha256 HEX",
    ],
    options: [
      {
        name: "key",
        value: "KEY",
        complete: "file",
        repeats: true,
        summary: "a public key, several may be given",
      },
      manifest,
      {
        ...signature,
        summary: "the signature of it, or of a raw image",
      },
      { name: "device-type", value: "TYPE", summary: "refuse what is not for this device" },
      { name: "sha256", value: "HEX", summary: "what the digest of the whole file has to be" },
    ],
    details: [
      "The same check as a host makes before an install, but for expiry and revocation, which each host knows itself.",
      "A key is a file, or the line of one of minisign. Mender artifacts are verified with keys in PEM, everything else with keys of minisign. The signature of a manifest is beside it as .sig, that of a raw image as .minisig, unless --signature names it. What is refused ends with 5, and the class of the reason stands in brackets behind it, or as class with --json.",
    ],
    examples: [
      "hostctl image verify edge-1.5.0.tar --key edge.pub",
      "hostctl image verify edge-1.5.0.tar --key edge.pub --key spare.pub",
      "hostctl image verify firmware.mender --key mender.pub --device-type edge-x1",
    ],
    load: async () => (await import("./image-verify.ts")).verify,
  },
];
