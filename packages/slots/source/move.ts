// A change of what runs within a boot: stop, let go of `.current`, record, point `.current`, and the caller starts. In between
// `.current` names nothing, so that whoever starts the container at any instant starts the committed image, or what the record says.
import { pointCurrent, startedInBoot } from "./current.ts";
import type { CurrentPlace } from "./current.ts";
import { SlotsError } from "./error.ts";
import { locked, missing, openPage, turnPage } from "./ledger.ts";
import type { Ledger } from "./ledger.ts";
import type { Place } from "./place.ts";
import { readRecord } from "./record-file.ts";
import { lookIntoSlots } from "./slot.ts";
import type { SlotContents } from "./slot.ts";
import { runningOf } from "./state.ts";
import type { SlotName, State, Subject, Transition } from "./state.ts";
import { reportOf } from "./status.ts";
import type { StatusReport } from "./status.ts";

/** Ends what runs; called once the change is allowed, before anything is changed. Where it throws, nothing is. */
export type Stop = () => Promise<void>;

interface Moving {
  ledger: Ledger;
  current: CurrentPlace;
  stop: Stop;
}

export async function move(
  { ledger, current, stop }: Moving,
  transition: (state: State, subject: Subject) => Transition,
): Promise<StatusReport> {
  return await locked(ledger, async () => {
    const page = await openPage(ledger);
    if (page.record === undefined) throw missing(ledger.place.name, "change");
    const next = transition(page.state, page.contents);
    await stop();
    try {
      await pointCurrent(current, undefined);
      const record = (await turnPage(ledger, page, next)) ?? page.record;
      await pointCurrent(current, directoryOf(record.state, page.contents, ledger.place));
      return reportOf(record, page.contents, ledger.bootId);
    } catch (error) {
      // A record that could not be made durable may be there all the same: what it says now is what starts.
      const found = await readRecord(ledger.disk, ledger.place);
      if (found.kind === "record") {
        await pointCurrent(current, directoryOf(found.record.state, page.contents, ledger.place));
      }
      throw error;
    }
  });
}

export async function repairCurrent({ ledger, current, stop }: Moving): Promise<boolean> {
  return await locked(ledger, async () => {
    const page = await openPage(ledger);
    if (page.record === undefined) return false;
    const wanted = directoryOf(page.state, await lookIntoSlots(ledger.disk, ledger.place), ledger.place);
    const started = await startedInBoot(current);
    if (started !== undefined && started.slotDirectory === wanted) return false;
    await stop();
    await pointCurrent(current, wanted);
    return true;
  });
}

/** A slot that this boot runs is never written, whatever the record says. */
export async function refuseRunning(current: CurrentPlace, place: Place, slot: SlotName): Promise<void> {
  if ((await startedInBoot(current))?.slotDirectory !== place.slot(slot)) return;
  throw new SlotsError(
    "unresolved",
    `Cannot install an image for "${place.name}": slot ${slot} still is what this boot runs, although its record says ` +
      "otherwise; restart host-service, which repairs that",
  );
}

function directoryOf(state: State, contents: SlotContents, place: Place): string | undefined {
  const running = runningOf(state);
  return running === undefined || contents.manifestOf(running) === undefined ? undefined : place.slot(running.slot);
}
