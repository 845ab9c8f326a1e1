// `committed -> slots/a` repeats the one thing that must be known when the record cannot be read. It is written after the
// record, so it may lag behind it for an instant; `committedOf` says from the record alone what it has to be.
import { DiskError, replaceLink, unlinkDurably } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import type { Place } from "./place.ts";
import { committedOf } from "./state.ts";
import type { SlotName, State } from "./state.ts";

/** Undefined also for a link that is not one of ours. */
export async function readCommitted(disk: Disk, place: Place): Promise<SlotName | undefined> {
  const target = await readTarget(disk, place);
  if (target === targetOf("a")) return "a";
  return target === targetOf("b") ? "b" : undefined;
}

/** Makes the link say what the record says; answers whether it had to. */
export async function repairCommitted(disk: Disk, place: Place, state: State): Promise<boolean> {
  const slot = committedOf(state)?.slot;
  const found = await readTarget(disk, place);
  if (found === (slot === undefined ? undefined : targetOf(slot))) return false;
  if (slot === undefined) await unlinkDurably(disk, place.committed);
  else await replaceLink(disk, place.committed, targetOf(slot));
  return true;
}

/** Something else than a link has that name: it says nothing, and is replaced. */
const notALink = "";

async function readTarget(disk: Disk, place: Place): Promise<string | undefined> {
  try {
    return await disk.readLink(place.committed);
  } catch (error) {
    // readlink(2): EINVAL is anything but a symbolic link.
    if (error instanceof DiskError && error.code === "EINVAL") return notALink;
    throw error;
  }
}

function targetOf(slot: SlotName): string {
  return `slots/${slot}`;
}
