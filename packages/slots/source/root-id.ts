import type { Disk } from "@host-service/disk";
import { containerDirectory, placeOf } from "./place.ts";
import { readRecord } from "./record-file.ts";
import { lookIntoSlots } from "./slot.ts";
import { nextBootOf, runningOf } from "./state.ts";

/**
 * The host's id of the root of what runs, or of what runs next where nothing does: 0 for a privileged container, and wherever nobody
 * shifted its owners.
 */
export async function rootIdOf(options: { disk: Disk; stateDirectory: string; name: string }): Promise<number> {
  const { disk } = options;
  const place = placeOf(containerDirectory(options.stateDirectory, options.name));
  const found = await readRecord(disk, place);
  if (found.kind !== "record") return 0;
  const reference = runningOf(found.record.state) ?? nextBootOf(found.record.state);
  if (reference === undefined) return 0;
  return (await lookIntoSlots(disk, place)).manifestOf(reference)?.ids?.base ?? 0;
}
