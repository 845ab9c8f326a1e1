// The snapshots of a trial that was committed, after the commit or, where that was cut off, at the next start of the daemon: until then a
// rollback to the previous image could not be told from one of the trial.
import { join } from "node:path";
import { DiskError } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import { listDirectories } from "./container.ts";
import { SlotsError } from "./error.ts";
import { containersDirectory, placeOf } from "./place.ts";
import type { Place } from "./place.ts";
import { readRecord } from "./record-file.ts";
import { lookIntoSlots } from "./slot.ts";
import { dropSnapshotsOf, setAsideSnapshots, sweepSnapshots } from "./snapshots.ts";

/** Never fails for what a snapshot is: what was committed stays committed. */
export async function forgetSnapshots({ disk, place }: { disk: Disk; place: Place }): Promise<void> {
  const snapshots = { disk, directory: place.directory };
  try {
    const found = await readRecord(disk, place);
    const state = found.kind === "record" ? found.record.state : undefined;
    const active = state?.name === "normal" || state?.name === "pending" ? state.active : undefined;
    const manifest = active && (await lookIntoSlots(disk, place)).manifestOf(active);
    if (manifest !== undefined) await dropSnapshotsOf(snapshots, manifest);
    await sweepSnapshots(snapshots);
  } catch (error) {
    if (error instanceof SlotsError && error.kind === "unreadable") await setAsideSnapshots(snapshots);
    else if (!(error instanceof DiskError)) throw error;
  }
}

/** Of every container: at the start of the daemon, before it takes a request. */
export async function forgetAllSnapshots({
  disk,
  stateDirectory,
}: {
  disk: Disk;
  stateDirectory: string;
}): Promise<void> {
  for (const name of await listDirectories(disk, stateDirectory)) {
    await forgetSnapshots({ disk, place: placeOf(join(containersDirectory(stateDirectory), name)) });
  }
}
