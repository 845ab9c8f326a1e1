// A small image with a metadata archive, signed; and every way in which it reaches a device.
import { machine } from "node:os";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configYaml, end, entry, joined } from "@host-service/fixtures";
import type { Device } from "./device.ts";
import { workshop } from "./images.ts";
import { program, repository } from "./program.ts";
import type { Answer } from "./run.ts";
import { must } from "./run.ts";

/** The members of a bundle by their names, in its order. */
export type Members = Record<string, Uint8Array>;

/** Keys that minisign made for the tests of the signature package; they sign nothing else. */
export const vectors = join(repository, "packages/signature/test/vectors");
const secretKey = join(vectors, "plain.key");
export const keyId = idOf("plain.pub");
export const otherKeyId = idOf("other.pub");

function idOf(name: string): string {
  return /public key ([0-9A-F]{16})/.exec(readFileSync(join(vectors, name), "utf8"))?.[1] ?? "";
}

/** The parts of an image without a signature. */
export function parts(version: string): Members {
  const text = new TextEncoder();
  return {
    "config.yaml": text.encode(configYaml({ name: "edge", version })),
    "meta.tar": joined(
      entry({ name: "metadata.yaml" }, `architecture: ${machine()}\ncreation_date: 1\nversion: "${version}"\n`),
      end(),
    ),
    "rootfs.tar": joined(
      entry({ name: "etc", type: "5", mode: 0o755 }),
      entry({ name: "etc/version" }, version),
      end(),
    ),
  };
}

export interface Files {
  directory: string;
  /** The operands and options of an install. */
  words: string[];
}

/** Writes members into a directory of their own. */
export function writeMembers(members: Members): Files {
  const directory = mkdtempSync(join(workshop, "signed-"));
  for (const [name, contents] of Object.entries(members)) writeFileSync(join(directory, name), contents);
  const operands = ["config.yaml", "rootfs.tar", "meta.tar"].filter((name) => name in members);
  const manifest = "manifest" in members ? ["--manifest", join(directory, "manifest")] : [];
  return { directory, words: [...operands.map((name) => join(directory, name)), ...manifest] };
}

/** The same parts with what `hostctl image sign` makes for them. */
export async function signed(members: Members, ...options: string[]): Promise<Members> {
  const { directory, words } = writeMembers(members);
  const sign = ["image", "sign", ...words, "--secret-key", secretKey, ...options];
  await must([...program("hostctl"), ...sign], { cwd: directory });
  const read = (name: string) => new Uint8Array(readFileSync(join(directory, name)));
  return { manifest: read("manifest"), "manifest.sig": read("manifest.sig"), ...members };
}

export function bundle(members: Members): string {
  const path = join(mkdtempSync(join(workshop, "bundle-")), "bundle.tar");
  writeFileSync(path, joined(...Object.entries(members).map(([name, contents]) => entry({ name }, contents)), end()));
  return path;
}

/** Sources of the JSON request, and one stream. */
export const ways: readonly (readonly [
  name: string,
  install: (device: Device, members: Members) => Promise<Answer>,
])[] = [
  ["by sources", (device, members) => device.hostctl("container", "install", ...writeMembers(members).words)],
  ["by a bundle", (device, members) => device.hostctl("container", "install", bundle(members))],
];
