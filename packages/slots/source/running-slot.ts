// What a container's unit starts: what this boot runs, as the hook decided it. Where the hook did not run, failed or crashed, the image of
// which it is known that it was committed, and nothing else.
import { DiskError } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import { readCommitted } from "./committed.ts";
import { pointCurrent, startedInBoot } from "./current.ts";
import { refused, SlotsError } from "./error.ts";
import type { SlotManifest } from "./manifest.ts";
import { containerDirectory, placeOf } from "./place.ts";
import type { Place } from "./place.ts";
import { readRecord } from "./record-file.ts";
import { lookIntoSlots } from "./slot.ts";
import type { SlotContents } from "./slot.ts";
import type { SlotName, SlotReference, State } from "./state.ts";

export interface RunningSlotOptions {
  disk: Disk;
  stateDirectory: string;
  runDirectory: string;
  name: string;
  bootId: string;
}

export interface RunningSlot {
  slot: SlotName;
  /** Of the container, and of the slot. */
  containerDirectory: string;
  directory: string;
  manifest: SlotManifest;
  /**
   * "trial": it may be left without a trace. "leaving": it was, or may have been, on trial, and this is its last boot. "unknown": the
   * record does not say.
   */
  standing: "committed" | "trial" | "leaving" | "unknown";
  /** What a trial goes back to, where it lies. */
  fallbackDirectory: string | undefined;
  /** What was wrong with the hook. */
  warning: string | undefined;
}

/** Throws SlotsError "missing" where there is nothing to start, and "refused" where what is to start is damaged. */
export async function findRunningSlot(options: RunningSlotOptions): Promise<RunningSlot> {
  const { disk, runDirectory, name, bootId } = options;
  const place = placeOf(containerDirectory(options.stateDirectory, name));
  const current = { disk, runDirectory, name, bootId };
  const contents = await lookIntoSlots(disk, place);
  const started = await startedInBoot(current);
  const named = started === undefined ? undefined : slotAt(place, started.slotDirectory);
  if (named !== undefined) {
    return describe({ place, contents, slot: named, warning: undefined, state: await stateOf(options, place) });
  }
  const slot = await readCommitted(disk, place);
  if (slot === undefined) {
    const isThere = (await disk.status(place.directory)) !== undefined;
    const found = isThere ? "no image is committed, and none is on trial in this boot" : "there is no such container";
    throw cannotStart(name, found, "install an image, and reboot or hostctl container try");
  }
  if (started !== undefined) {
    // The daemon is about to exchange what runs, or died while it did: it says what this boot runs when it has done so.
    const warning = "what this boot runs is not decided; the committed image starts";
    return describe({ place, contents, slot, warning, state: await stateOf(options, place) });
  }
  // So that a later hook of this boot does not exchange it.
  await pointCurrent(current, place.slot(slot));
  const warning = "the boot hook did not run in this boot, or failed; the committed image starts";
  return describe({ place, contents, slot, warning, state: "committed" });
}

function describe(found: {
  place: Place;
  contents: SlotContents;
  slot: SlotName;
  warning: string | undefined;
  state: State | "committed" | undefined;
}): RunningSlot {
  const { place, contents, slot, warning, state } = found;
  const manifest = contents.inSlot(slot);
  if (manifest === undefined) {
    const why = `slot ${slot} does not hold its image any more; roll back or install another`;
    throw refused("not-bootable", `Cannot start "${place.name}": ${why}`);
  }
  const { standing, fallback } = standingOf({ slot, imageId: manifest.imageId }, state);
  return {
    slot,
    containerDirectory: place.directory,
    directory: place.slot(slot),
    manifest,
    standing,
    fallbackDirectory: fallback === undefined ? undefined : place.slot(fallback.slot),
    warning,
  };
}

function standingOf(
  running: SlotReference,
  state: State | "committed" | undefined,
): { standing: RunningSlot["standing"]; fallback?: SlotReference | undefined } {
  if (state === "committed") return { standing: "committed" };
  if (state === undefined || state.name === "empty") return { standing: "unknown" };
  if (state.active?.slot !== running.slot || state.active.imageId !== running.imageId) return { standing: "unknown" };
  switch (state.name) {
    case "normal":
    case "pending":
      return { standing: "committed" };
    case "trying":
      return { standing: "trial", fallback: state.fallback };
    case "rollback":
      return { standing: "leaving", fallback: state.fallback };
  }
}

/** Undefined where the record cannot be read, or was not resolved in this boot: then nothing is known of a trial. */
async function stateOf({ disk, bootId }: RunningSlotOptions, place: Place): Promise<State | undefined> {
  try {
    const found = await readRecord(disk, place);
    return found.kind === "record" && found.record.bootId === bootId ? found.record.state : undefined;
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}

function slotAt(place: Place, directory: string | undefined): SlotName | undefined {
  return (["a", "b"] as const).find((slot) => place.slot(slot) === directory);
}

function cannotStart(name: string, why: string, next: string): SlotsError {
  return new SlotsError("missing", `Cannot start "${name}": ${why}; ${next}`);
}
