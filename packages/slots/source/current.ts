// What this boot runs, in the run directory, so that it is gone with the boot: `.current/<name> -> …/slots/b`, and beside
// it a note of the boot that made it. What was started once is not exchanged under the container, whatever a later hook
// of the same boot finds.
import { join } from "node:path";
import { DiskError, replaceFile, replaceLink, unlinkDurably } from "@host-service/disk";
import type { Disk } from "@host-service/disk";

export interface CurrentPlace {
  disk: Disk;
  runDirectory: string;
  name: string;
  bootId: string;
}

const noteBytesMax = 4096;

export function currentPath(runDirectory: string, name: string): string {
  return join(runDirectory, ".current", name);
}

/** Makes the link, or removes it where nothing can run. Writes nothing when all is right. */
export async function pointCurrent(place: CurrentPlace, slotDirectory: string | undefined): Promise<void> {
  const { disk } = place;
  const path = currentPath(place.runDirectory, place.name);
  if (!(await isNoted(place))) {
    await disk.makeDirectory(place.runDirectory, { mode: 0o755 });
    await disk.makeDirectory(join(place.runDirectory, ".current"), { mode: 0o755 });
    await replaceFile(disk, notePath(place), place.bootId);
  }
  if ((await disk.readLink(path)) === slotDirectory) return;
  if (slotDirectory === undefined) await unlinkDurably(disk, path);
  else await replaceLink(disk, path, slotDirectory);
}

/** What this boot has started; undefined when it has started nothing yet. */
export async function startedInBoot(place: CurrentPlace): Promise<{ slotDirectory: string | undefined } | undefined> {
  if (!(await isNoted(place))) return undefined;
  return { slotDirectory: await place.disk.readLink(currentPath(place.runDirectory, place.name)) };
}

/** The container is gone, and with it every note of this boot about it: no name has a dot in it. */
export async function forgetCurrent(place: CurrentPlace): Promise<void> {
  const directory = join(place.runDirectory, ".current");
  if ((await place.disk.status(directory)) === undefined) return;
  for (const entry of await place.disk.list(directory)) {
    // `edge`, `.edge.boot`, and `..edge.boot.new`, which a writer left that died.
    if (entry.replace(/^\.+/, "").split(".")[0] !== place.name) continue;
    await unlinkDurably(place.disk, join(directory, entry));
  }
}

async function isNoted(place: CurrentPlace): Promise<boolean> {
  try {
    const bytes = await place.disk.read(notePath(place), { bytesMax: noteBytesMax });
    return new TextDecoder().decode(bytes) === place.bootId;
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return false;
    throw error;
  }
}

function notePath(place: CurrentPlace): string {
  return currentNotePath(place.runDirectory, place.name, "boot");
}

/** Where something is noted of a container that is gone with the boot. */
export function currentNotePath(runDirectory: string, name: string, what: string): string {
  return join(runDirectory, ".current", `.${name}.${what}`);
}
