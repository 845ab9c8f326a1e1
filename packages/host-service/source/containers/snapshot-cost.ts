import { join } from "node:path";
import type { Wanted } from "@host-service/runtime";
import { sharesBlocks } from "@host-service/runtime/run";

/** What the copies of volumes that a trial begins with will cost here, where that is more than a moment. */
export async function costOfSnapshots(wanted: Wanted | undefined, stateDirectory: string): Promise<string[]> {
  const volumes = (wanted?.mounts ?? []).flatMap(({ source }) =>
    source.kind === "volume" && source.snapshot ? [source.volume] : [],
  );
  if (volumes.length === 0 || (await sharesBlocks(join(stateDirectory, "containers")))) return [];
  const what = volumes.length === 1 ? `the volume "${volumes[0]}" is` : `the volumes ${volumes.join(", ")} are`;
  return [
    `before each trial starts ${what} copied, byte by byte: the file system of "${stateDirectory}" cannot share blocks, as btrfs and xfs can`,
  ];
}
