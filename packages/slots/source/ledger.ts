// From a transition to the disk, and back: the record first, then the link that repeats it. Whoever changes a record
// comes through here, holds its lock, and finds the record resolved in this boot.
import { DiskError } from "@host-service/disk";
import type { Disk, Lock } from "@host-service/disk";
import { readCommitted, repairCommitted } from "./committed.ts";
import { isLeftover } from "./container.ts";
import { SlotsError } from "./error.ts";
import type { Place } from "./place.ts";
import { nextRecord } from "./record.ts";
import type { BootRecord } from "./record.ts";
import { readRecord, writeRecord } from "./record-file.ts";
import { lookIntoSlots } from "./slot.ts";
import type { SlotContents } from "./slot.ts";
import type { State, Transition } from "./state.ts";

/** `lockFile` of the disk package, or what stands for it where there is no real disk. */
export type TakeLock = (path: string, options: { waitMs: number }) => Promise<Lock>;

export interface Ledger {
  disk: Disk;
  place: Place;
  bootId: string;
  now: () => Date;
  takeLock: TakeLock;
  /** Where the host says which ids its users have. */
  etcDirectory: string;
}

export const etcDirectoryDefault = "/etc";

export interface Page {
  /** Undefined where no image was ever installed. */
  record: BootRecord | undefined;
  state: State;
  contents: SlotContents;
}

/** Takes the lock without waiting, or says who is in the way. */
export async function lockLedger(ledger: Ledger): Promise<Lock> {
  try {
    return await ledger.takeLock(ledger.place.lock, { waitMs: 0 });
  } catch (error) {
    const name = ledger.place.name;
    if (error instanceof DiskError && error.kind === "lock-held") {
      const message = `Cannot change "${name}": another operation holds its record; wait until that one is done`;
      throw new SlotsError("busy", message, { cause: error });
    }
    if (error instanceof DiskError && error.kind === "missing") throw missing(name, "change");
    throw error;
  }
}

export async function locked<Result>(ledger: Ledger, act: () => Promise<Result>): Promise<Result> {
  const lock = await lockLedger(ledger);
  try {
    return await act();
  } finally {
    lock.release();
  }
}

/** What may be changed now. Who only wants to know whether a change is possible needs no lock. */
export async function openPage(ledger: Ledger): Promise<Page> {
  const { disk, place } = ledger;
  const found = await readRecord(disk, place);
  switch (found.kind) {
    case "record":
      if (found.record.bootId !== ledger.bootId) throw unresolved(place.name);
      return { record: found.record, state: found.record.state, contents: await lookIntoSlots(disk, place) };
    case "later-format":
      throw new SlotsError(
        "later-format",
        `Cannot change "${place.name}": a later version of host-service wrote its record (format ${found.format}); ` +
          "update host-service on this host",
      );
    case "unreadable":
      throw new SlotsError(
        "unreadable",
        `Cannot change "${place.name}": its record makes no sense (${found.problem}); run host-service boot, which sets it aside`,
      );
    case "missing":
      if ((await readCommitted(disk, place)) !== undefined) throw unresolved(place.name);
      if (!(await isLeftover(disk, place))) throw unresolved(place.name);
      return { record: undefined, state: { name: "empty" }, contents: await lookIntoSlots(disk, place) };
  }
}

/** Writes what a transition leads to, where it leads anywhere, and repairs the link. Answers the record as it is now. */
export async function turnPage(ledger: Ledger, page: Page, transition: Transition): Promise<BootRecord | undefined> {
  let record = page.record;
  if (transition.state !== page.state) {
    const context = { bootId: ledger.bootId, now: ledger.now(), subject: page.contents };
    record = nextRecord(page.record, transition, context);
    // The point of no return.
    await writeRecord(ledger.disk, ledger.place, record);
  }
  await repairCommitted(ledger.disk, ledger.place, transition.state);
  return record;
}

export function missing(name: string, deed: string): SlotsError {
  return new SlotsError("missing", `Cannot ${deed} "${name}": there is no such container; install an image first`);
}

function unresolved(name: string): SlotsError {
  return new SlotsError(
    "unresolved",
    `Cannot change "${name}": the boot hook has not resolved its record in this boot; run host-service boot`,
  );
}
