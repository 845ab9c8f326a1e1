// A slot holds an image exactly while its `slot.json` carries that image's id. It is written after everything else in the
// slot is durable, and it is gone, durably, before anything else in the slot changes.
import { join } from "node:path";
import { DiskError, replaceFile, unlinkDurably } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import { SchemaError, parse } from "@host-service/schema";
import { slotManifest } from "./manifest.ts";
import type { SlotManifest } from "./manifest.ts";
import type { Place } from "./place.ts";
import type { SlotName, SlotReference, Subject } from "./state.ts";

const manifestBytesMax = 64 * 1024;

/** What the transitions may know: the manifests of both slots, read once. */
export interface SlotContents extends Subject {
  manifestOf(reference: SlotReference): SlotManifest | undefined;
  inSlot(slot: SlotName): SlotManifest | undefined;
}

export async function lookIntoSlots(disk: Disk, place: Place): Promise<SlotContents> {
  const manifests = {
    a: await readManifest(disk, place.manifest("a")),
    b: await readManifest(disk, place.manifest("b")),
  };
  return {
    name: place.name,
    title: JSON.stringify(place.name),
    command: place.command,
    inSlot: (slot) => manifests[slot],
    manifestOf(reference) {
      const found = manifests[reference.slot];
      return found?.imageId === reference.imageId ? found : undefined;
    },
  };
}

async function readManifest(disk: Disk, path: string): Promise<SlotManifest | undefined> {
  try {
    const bytes = await disk.read(path, { bytesMax: manifestBytesMax });
    return parse(slotManifest, JSON.parse(new TextDecoder().decode(bytes)), { subject: path });
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof SchemaError || isDamage(error)) return undefined;
    throw error;
  }
}

/** Whether the disk says that there is no such file, or none that can be used; a lack of memory or rights says neither. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof DiskError)) return false;
  return error.kind === "missing" || error.kind === "not-regular" || damageCodes.has(error.code);
}

const damageCodes = new Set(["EFBIG", "EIO", "ELOOP", "ENOTDIR", "EISDIR", "EBADMSG", "EUCLEAN"]);

/** Nothing may refer to the slot any more: neither a durable record nor `committed`. */
export async function clearSlot(disk: Disk, place: Place, slot: SlotName): Promise<void> {
  const directory = place.slot(slot);
  if ((await disk.status(directory)) === undefined) return;
  await unlinkDurably(disk, place.manifest(slot));
  await disk.removeTree(directory);
  await disk.sync(place.slots);
}

/** Empty directories for an image in a slot that was cleared. Archives bring the mode of the root with them. */
export async function prepareSlot(disk: Disk, place: Place, slot: SlotName): Promise<void> {
  const directory = place.slot(slot);
  await disk.makeDirectory(place.slots);
  await disk.makeDirectory(directory);
  await disk.makeDirectory(join(directory, "rootfs"), { mode: 0o755 });
  await disk.makeDirectory(join(directory, "meta"));
}

/** From here on the slot holds the image. The contents of its trees were synced by who wrote them. */
export async function sealSlot(
  disk: Disk,
  place: Place,
  sealed: { slot: SlotName; manifest: SlotManifest },
): Promise<void> {
  const directory = place.slot(sealed.slot);
  for (const path of [join(directory, "rootfs"), join(directory, "meta"), directory, place.slots, place.directory]) {
    await disk.sync(path);
  }
  await replaceFile(disk, place.manifest(sealed.slot), `${JSON.stringify(sealed.manifest, undefined, 2)}\n`);
}
