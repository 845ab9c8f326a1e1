// What a trial may have done to the volumes that both slots share is undone with it: a copy is taken before the trial starts first, and put
// back before anything else starts. `snapshots/kept` has one set at a time, of one trial; it is there whole or not at all, and each step of
// putting back is a rename that the next run finds done or undone. A commit drops the set, so that what it kept never comes back later.
import { join } from "node:path";
import type { Disk } from "@host-service/disk";
import { SchemaError, array, object, parse, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { SlotsError } from "./error.ts";
import type { SlotManifest } from "./manifest.ts";
import { isDamage } from "./slot.ts";

const SnapshotSet = object({
  /** Which staging of which image: an image that is installed again is another trial. */
  trial: string(),
  takenAt: string(),
  /** The volumes that were copied, and those that there were none of. */
  volumes: array(string()),
  absent: array(string()),
});
export type SnapshotSet = InferOutput<typeof SnapshotSet>;

/** Names one staging of an image. */
export function trialOf({ imageId, stagedAt }: Pick<SlotManifest, "imageId" | "stagedAt">): string {
  return `${imageId} ${stagedAt}`;
}

export interface SnapshotPlace {
  disk: Disk;
  /** `<state_dir>/containers/NAME` */
  directory: string;
}

const noteBytesMax = 64 * 1024;
const droppedPrefix = "dropped-";

function pathsOf({ directory }: SnapshotPlace) {
  const snapshots = join(directory, "snapshots");
  return {
    volumes: join(directory, "volumes"),
    snapshots,
    taking: join(snapshots, "taking"),
    kept: join(snapshots, "kept"),
    // A name of its own each time, as an earlier one may be on its way out.
    dropped: () => join(snapshots, `${droppedPrefix}${crypto.randomUUID()}`),
    note: join(snapshots, "kept", "snapshot.json"),
  };
}

/** Undefined where there is none. Throws SlotsError "unreadable" for one that makes no sense; see `setAsideSnapshots`. */
export async function readSnapshots(place: SnapshotPlace): Promise<SnapshotSet | undefined> {
  const { kept, note } = pathsOf(place);
  if ((await place.disk.status(kept)) === undefined) return undefined;
  try {
    const bytes = await place.disk.read(note, { bytesMax: noteBytesMax });
    return parse(SnapshotSet, JSON.parse(new TextDecoder().decode(bytes)), { subject: note });
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof SchemaError || isDamage(error))) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SlotsError("unreadable", `Cannot read "${note}": ${why}`, { cause: error });
  }
}

/** A set that makes no sense is kept for a person to look at, and never put back; answers its new name. */
export async function setAsideSnapshots({ disk, directory }: SnapshotPlace): Promise<string> {
  const { kept, snapshots } = pathsOf({ disk, directory });
  const name = `unreadable-${crypto.randomUUID()}`;
  await disk.rename(kept, join(snapshots, name));
  await disk.sync(snapshots);
  return name;
}

export interface TakeOptions {
  trial: string;
  volumes: readonly string[];
  now: Date;
  /** Of a tree that nobody uses; durable when it answers. */
  copy: (from: string, to: string) => Promise<void>;
}

/** Nothing uses the volumes. What an earlier attempt left is taken away first. */
export async function takeSnapshots(place: SnapshotPlace, options: TakeOptions): Promise<void> {
  const { disk, directory } = place;
  const paths = pathsOf(place);
  await disk.makeDirectory(paths.snapshots);
  await sweepSnapshots(place);
  await disk.removeTree(paths.taking);
  try {
    await disk.makeDirectory(paths.taking);
    const set: SnapshotSet = { trial: options.trial, takenAt: options.now.toISOString(), volumes: [], absent: [] };
    for (const name of options.volumes) {
      const from = join(paths.volumes, name);
      const isThere = (await disk.status(from)) !== undefined;
      if (isThere) await options.copy(from, join(paths.taking, name));
      set[isThere ? "volumes" : "absent"].push(name);
    }
    const note = join(paths.taking, "snapshot.json");
    await disk.create(note, `${JSON.stringify(set)}\n`);
    await disk.sync(note);
    await disk.sync(paths.taking);
    // The point of no return: from here on the trial may change the volumes.
    await disk.rename(paths.taking, paths.kept);
    await disk.sync(paths.snapshots);
    await disk.sync(directory);
  } catch (error) {
    await disk.removeTree(paths.taking);
    throw error;
  }
}

/** The volumes are as they were when the set was taken, and the set is gone. Can be cut at any step and called again. */
export async function putBackSnapshots(place: SnapshotPlace, set: SnapshotSet): Promise<void> {
  const { disk } = place;
  const paths = pathsOf(place);
  const isThere = async (path: string) => (await disk.status(path)) !== undefined;
  const replaced = join(paths.kept, ".replaced");
  await disk.makeDirectory(replaced);
  for (const name of [...set.volumes, ...set.absent]) {
    const [kept, volume, old] = [join(paths.kept, name), join(paths.volumes, name), join(replaced, name)];
    const isAbsent = set.absent.includes(name);
    // Done in an earlier attempt: the copy has left the set, or what the trial made has gone there.
    if (isAbsent ? await isThere(old) : !(await isThere(kept))) continue;
    if (await isThere(volume)) {
      await disk.rename(volume, old);
      // It has to be out of the way for good before the copy takes its place, or a cut could leave neither.
      await disk.sync(replaced);
      await disk.sync(paths.volumes);
    }
    if (isAbsent) continue;
    await disk.rename(kept, volume);
    await disk.sync(paths.volumes);
    await disk.sync(paths.kept);
  }
  await dropSnapshots(place);
}

/** What was kept for a trial that was committed is not wanted any more: it must never be put back. */
export async function dropSnapshotsOf(place: SnapshotPlace, committed: SlotManifest): Promise<void> {
  const set = await readSnapshots(place);
  if (set?.trial === trialOf(committed)) await dropSnapshots(place);
}

/** Out of sight in one step; the bytes go with `sweepSnapshots`. */
async function dropSnapshots(place: SnapshotPlace): Promise<void> {
  const { disk } = place;
  const { kept, dropped, snapshots } = pathsOf(place);
  // The point of no return.
  await disk.rename(kept, dropped());
  await disk.sync(snapshots);
}

/** Removes the bytes of what was dropped, which may take long; `container run` may work meanwhile. */
export async function sweepSnapshots(place: SnapshotPlace): Promise<void> {
  const { disk } = place;
  const { snapshots } = pathsOf(place);
  if ((await disk.status(snapshots)) === undefined) return;
  const dropped = (await disk.list(snapshots)).filter((name) => name.startsWith(droppedPrefix));
  for (const name of dropped) await disk.removeTree(join(snapshots, name));
}
