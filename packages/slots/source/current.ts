// What this boot runs, in the run directory, so that it is gone with the boot: `.current/<name> -> …/slots/b`, and beside
// it the note of a hook that could start the committed image but not write the record.
import { join } from "node:path";
import { DiskError, replaceFile, replaceLink, unlinkDurably } from "@host-service/disk";
import type { Disk } from "@host-service/disk";

export interface CurrentPlace {
  disk: Disk;
  runDirectory: string;
  name: string;
}

const noteBytesMax = 4096;

/** Makes the link, or removes it where nothing can run. Does nothing when it is right. */
export async function pointCurrent(place: CurrentPlace, slotDirectory: string | undefined): Promise<void> {
  const { disk } = place;
  const path = currentPath(place.runDirectory, place.name);
  if ((await disk.readLink(path)) === slotDirectory) return;
  if (slotDirectory === undefined) return await unlinkDurably(disk, path);
  await makeCurrentDirectory(place);
  await replaceLink(disk, path, slotDirectory);
}

export function currentPath(runDirectory: string, name: string): string {
  return join(runDirectory, ".current", name);
}

/** Whether a hook of this boot has started the committed image without being able to write the record. */
export async function hasStartedCommitted(place: CurrentPlace, bootId: string): Promise<boolean> {
  try {
    const bytes = await place.disk.read(notePath(place), { bytesMax: noteBytesMax });
    return new TextDecoder().decode(bytes) === bootId;
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return false;
    throw error;
  }
}

export async function noteStartedCommitted(place: CurrentPlace, bootId: string): Promise<void> {
  await makeCurrentDirectory(place);
  await replaceFile(place.disk, notePath(place), bootId);
}

function notePath(place: CurrentPlace): string {
  return join(place.runDirectory, ".current", `.${place.name}.started-committed`);
}

async function makeCurrentDirectory(place: CurrentPlace): Promise<void> {
  await place.disk.makeDirectory(place.runDirectory, { mode: 0o755 });
  await place.disk.makeDirectory(join(place.runDirectory, ".current"), { mode: 0o755 });
}
