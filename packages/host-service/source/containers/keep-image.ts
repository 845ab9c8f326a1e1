// The archives that an image came in, kept in its slot: the tree alone cannot become them again, byte for byte. They go with the slot. With a metadata archive
// it is an image as Incus and LXD split it, whose fingerprint is the digest of both, one behind the other.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { recogniseAt } from "@host-service/archive";
import { DiskError, realDisk } from "@host-service/disk";
import type { Image } from "@host-service/guest-api";
import { literal, object, parse, string } from "@host-service/schema";
import type { Staging } from "@host-service/slots";
import type { ArchivePart, ImageParts } from "./receive.ts";

const noteName = "image.json";
const noteBytesMax = 4096;
const chunkBytes = 1024 * 1024;

/** `metadata` and `rootfs` are extensions, such as "tar.xz". */
const KeptImage = object({ format: literal(1), fingerprint: string(), metadata: string(), rootfs: string() });

/** What keeping it takes of the disk. */
export function bytesKept({ rootfs, meta }: Pick<ImageParts, "rootfs" | "meta">): number {
  return meta === undefined ? 0 : meta.bytes + rootfs.bytes;
}

/** Durable when it answers, which are the warnings. */
export async function keepImage(
  { rootfs, meta }: Pick<ImageParts, "rootfs" | "meta">,
  staging: Staging,
): Promise<string[]> {
  if (meta === undefined) {
    return [
      "its container cannot export this image: it came without the metadata archive that makes it one of Incus and LXD",
    ];
  }
  const directory = join(staging.slotDirectory, "image");
  await mkdir(directory, { mode: 0o700 });
  const hash = createHash("sha256");
  const extensions = { metadata: recogniseAt(meta.fd, meta), rootfs: recogniseAt(rootfs.fd, rootfs) };
  await copyPart(meta, join(directory, `metadata.${extensions.metadata}`), hash);
  await copyPart(rootfs, join(directory, `rootfs.${extensions.rootfs}`), hash);
  await realDisk.sync(directory);
  const note = { format: 1, fingerprint: hash.digest("hex"), ...extensions };
  await staging.writeFile(noteName, `${JSON.stringify(note)}\n`);
  return [];
}

/** Undefined where the slot's image was not kept. */
export async function keptImageIn(slotDirectory: string): Promise<Image | undefined> {
  const path = join(slotDirectory, noteName);
  let text: string;
  try {
    text = new TextDecoder().decode(await realDisk.read(path, { bytesMax: noteBytesMax }));
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return undefined;
    throw error;
  }
  const { fingerprint, metadata, rootfs } = parse(KeptImage, JSON.parse(text), { subject: path });
  const fileOf = (name: string, extension: string) => ({
    path: join(slotDirectory, "image", `${name}.${extension}`),
    extension,
  });
  const files = { kind: "split" as const, metadata: fileOf("metadata", metadata), rootfs: fileOf("rootfs", rootfs) };
  return { fingerprint, files, isPublic: true };
}

async function copyPart(part: ArchivePart, path: string, hash: ReturnType<typeof createHash>): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    const range = { fd: part.fd, start: part.offset, end: part.offset + part.bytes - 1, autoClose: false };
    for await (const chunk of createReadStream("", { ...range, highWaterMark: chunkBytes })) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
