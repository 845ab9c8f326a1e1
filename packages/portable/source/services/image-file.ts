// `portable.json` of a slot: how its image is attached. Written with the slot and sealed by its `slot.json`.
import { join } from "node:path";
import { DiskError } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import { array, literal, looseObject, minLength, parse, picklist, pipe, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import type { Target } from "../update/target.ts";

export const imageFileName = "portable.json";
const bytesMax = 256 * 1024;

const imageFile = looseObject({
  format: literal(1),
  service: string(),
  kind: picklist(["directory", "raw"]),
  /** Below `rootfs` of the slot. */
  baseName: string(),
  profile: string(),
  prefixes: pipe(array(string()), minLength(1, "has to name a prefix")),
  units: array(string()),
  starts: array(string()),
  /** What was missing in the image and was made, so that starting it changes nothing. */
  made: array(string()),
  /** Whose listener attached it: "host", or a container's name. */
  owner: string(),
});
export type ImageFile = InferOutput<typeof imageFile>;

export function formatImageFile(file: Omit<ImageFile, "format">): string {
  return `${JSON.stringify({ format: 1, ...file }, undefined, 2)}\n`;
}

/** Undefined where the slot holds no portable image. */
export async function readImageFile(disk: Disk, slotDirectory: string): Promise<ImageFile | undefined> {
  try {
    const bytes = await disk.read(join(slotDirectory, imageFileName), { bytesMax });
    return parse(imageFile, JSON.parse(new TextDecoder().decode(bytes)), { subject: imageFileName });
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return undefined;
    throw error;
  }
}

export function targetOf(slotDirectory: string, file: ImageFile): Target {
  const { service, baseName, profile, units, starts } = file;
  const [first = service, ...others] = file.prefixes;
  const image = join(slotDirectory, "rootfs", baseName);
  return { service, image, prefixes: [first, ...others], profile, units, starts };
}
