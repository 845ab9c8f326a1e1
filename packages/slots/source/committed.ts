// `committed -> slots/a` repeats the one thing that must be known when the record cannot be read. It is written after the
// record, so it may lag behind it for an instant; `committedOf` says from the record alone what it has to be.
import { replaceLink, unlinkDurably } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import type { Place } from "./place.ts";
import { committedOf } from "./state.ts";
import type { SlotName, State } from "./state.ts";

/** Undefined also for a link that is not one of ours. */
export async function readCommitted(disk: Disk, place: Place): Promise<SlotName | undefined> {
  const target = await disk.readLink(place.committed);
  if (target === targetOf("a")) return "a";
  return target === targetOf("b") ? "b" : undefined;
}

/** Makes the link say what the record says; answers whether it had to. */
export async function repairCommitted(disk: Disk, place: Place, state: State): Promise<boolean> {
  const slot = committedOf(state)?.slot;
  const found = await disk.readLink(place.committed);
  if (found === (slot === undefined ? undefined : targetOf(slot))) return false;
  if (slot === undefined) await unlinkDurably(disk, place.committed);
  else await replaceLink(disk, place.committed, targetOf(slot));
  return true;
}

function targetOf(slot: SlotName): string {
  return `slots/${slot}`;
}
