// Knows the order in which volumes and the life of an image meet, before its container starts.
import { join } from "node:path";
import {
  dropSnapshotsOf,
  putBackSnapshots,
  readSnapshots,
  setAsideSnapshots,
  SlotsError,
  takeSnapshots,
  trialOf,
} from "@host-service/slots";
import type { SlotManifest, SnapshotPlace, SnapshotSet } from "@host-service/slots";
import { bytesOfTree, copyTree } from "./copy-tree.ts";

export interface SettleOptions {
  place: SnapshotPlace;
  /** Of the slot that starts. */
  manifest: SlotManifest;
  standing: "committed" | "trial" | "leaving" | "unknown";
  /** What is to be kept of a trial that begins. */
  volumes: readonly string[];
  now: () => Date;
  /** A sentence for the journal. */
  say: (line: string) => void;
  /** Of a tree that nobody uses; durable when it answers. */
  copy?: (from: string, to: string) => Promise<void>;
  bytesOf?: (path: string) => Promise<number | undefined>;
}

/**
 * Another image's trial is over and was not committed, or its set would be gone: what it did is undone. Then, where this image is on
 * trial and starts for the first time, the volumes are copied.
 */
export async function settleSnapshots(options: SettleOptions): Promise<void> {
  const { place, manifest, standing, volumes, say } = options;
  const trial = trialOf(manifest);
  const set = await readOrSetAside(options);
  if (set !== undefined && set.trial !== trial) {
    await putBackSnapshots(place, set);
    const names = [...set.volumes, ...set.absent].join(", ");
    say(`Put back the volumes of before the trial that was not committed (taken ${set.takenAt}): ${names}`);
  }
  if (set?.trial === trial) {
    if (standing === "committed") await dropSnapshotsOf(place, manifest);
    return;
  }
  if (standing === "trial" && volumes.length > 0) await take(options);
}

/** A container that cannot start would be worse than volumes that are as its trial left them. */
async function readOrSetAside({ place, say }: SettleOptions): Promise<SnapshotSet | undefined> {
  try {
    return await readSnapshots(place);
  } catch (error) {
    if (!(error instanceof SlotsError) || error.kind !== "unreadable") throw error;
    const name = await setAsideSnapshots(place);
    say(`${error.message}; the volumes stay as they are, and the snapshot is kept in "snapshots/${name}"`);
    return undefined;
  }
}

async function take(options: SettleOptions): Promise<void> {
  const { place, manifest, volumes, now, say, copy = copyTree, bytesOf = bytesOfTree } = options;
  const startedAt = performance.now();
  let bytes = 0;
  await takeSnapshots(place, { trial: trialOf(manifest), volumes, now: now(), copy });
  const took = Math.round(performance.now() - startedAt);
  for (const name of volumes) bytes += (await bytesOf(join(place.directory, "volumes", name))) ?? 0;
  say(`Took a snapshot of ${volumes.join(", ")} (${bytes} bytes) in ${took} ms, before the trial starts`);
}
