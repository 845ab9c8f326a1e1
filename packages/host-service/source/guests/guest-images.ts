// The images that the host offers to its guests: files that its configuration names. Each is known by its digest, which takes a while to make; until
// then it is not there.
import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { Image, ImageFile } from "@host-service/guest-api";
import type { Log } from "../log.ts";

export interface OfferedImage {
  name: string;
  files: { path: string } | { metadata: string; rootfs: string };
  isPublic: boolean;
}

/** Answers at once what is known so far. */
export function offerImages(offered: readonly OfferedImage[], log: Log): () => readonly Image[] {
  const images: Image[] = [];
  void measureAll(offered, { images, log });
  return () => images;
}

async function measureAll(
  offered: readonly OfferedImage[],
  { images, log }: { images: Image[]; log: Log },
): Promise<void> {
  for (const one of offered) {
    try {
      images.push(await measure(one));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.warn("Cannot offer an image to the guests", { image: one.name, why });
    }
  }
}

async function measure({ files, isPublic }: OfferedImage): Promise<Image> {
  if ("path" in files) {
    const fingerprint = await digestOf([files.path]);
    return { fingerprint, files: { kind: "unified", image: fileOf(files.path) }, isPublic };
  }
  const { metadata, rootfs } = files;
  const fingerprint = await digestOf([metadata, rootfs]);
  return { fingerprint, files: { kind: "split", metadata: fileOf(metadata), rootfs: fileOf(rootfs) }, isPublic };
}

async function digestOf(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) for await (const chunk of Bun.file(path).stream()) hash.update(chunk);
  return hash.digest("hex");
}

/** "base-1.0.tar.xz" → "tar.xz" */
function fileOf(path: string): ImageFile {
  return { path, extension: /(?:tar\.)?[a-z0-9]+$/iu.exec(basename(path))?.[0] ?? "img" };
}
