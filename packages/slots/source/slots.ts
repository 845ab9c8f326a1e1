// Knows the order of the steps for the daemon: lock, read, decide, write the record, then what follows from it. Before the
// first byte of a slot changes, the durable record and `committed` have let go of it.
import { lockFile } from "@host-service/disk";
import type { Disk, Lock } from "@host-service/disk";
import { readCommitted } from "./committed.ts";
import { hideContainer, makeContainerDirectory } from "./container.ts";
import { forgetCurrent } from "./current.ts";
import type { CurrentPlace } from "./current.ts";
import { etcDirectoryDefault, locked, lockLedger, missing, openPage, turnPage } from "./ledger.ts";
import type { Ledger, TakeLock } from "./ledger.ts";
import { containerDirectory, isContainerName, placeOf } from "./place.ts";
import { clearSlot, prepareSlot } from "./slot.ts";
import { forgetSnapshots } from "./forget-snapshots.ts";
import { openStaging } from "./staging.ts";
import type { Staging } from "./staging.ts";
import type { State, Subject, Transition } from "./state.ts";
import { move, refuseRunning, repairCurrent } from "./move.ts";
import type { Stop } from "./move.ts";
import { readStatus, reportOf } from "./status.ts";
import type { StatusReport } from "./status.ts";
import { tryNow } from "./transitions/begin-trial.ts";
import { commit } from "./transitions/commit.ts";
import type { CommitOptions } from "./transitions/commit.ts";
import { dropForInstall, installed } from "./transitions/install.ts";
import { endRollback } from "./transitions/end-rollback.ts";
import { endTrial } from "./transitions/end-trial.ts";
import type { TrialEnd } from "./transitions/end-trial.ts";
import { rollback } from "./transitions/rollback.ts";
import type { RollbackOptions } from "./transitions/rollback.ts";

export interface SlotsOptions {
  disk: Disk;
  /** `<state_dir>/containers/<name>`, by `containerDirectory`. It need not exist yet. */
  directory: string;
  runDirectory: string;
  bootId: string;
  now: () => Date;
  takeLock?: TakeLock;
  etcDirectory?: string;
}

/** One container's slots. What changes them fails with kind "busy" instead of waiting for the lock. */
export interface Slots {
  status(): Promise<StatusReport>;
  /**
   * Throws what `stage` would throw for the record as it is now, before anybody sends bytes. Answers how many bytes, as their
   * archive counted them, lie in the slot that `stage` clears.
   */
  checkInstall(): Promise<{ bytesReclaimed: number }>;
  /** Drops what lies in the slot that is written next, and opens it. */
  stage(): Promise<Staging>;
  commit(options?: CommitOptions): Promise<StatusReport>;
  rollback(options?: RollbackOptions): Promise<StatusReport>;
  /** The candidate becomes what this boot runs, once `stop` has ended what runs now; to start it is the caller's. */
  tryCandidate(stop: Stop): Promise<StatusReport>;
  /** The fallback becomes what this boot runs, in the same way. */
  endTrial(end: TrialEnd, stop: Stop): Promise<StatusReport>;
  /** What a rollback goes back to becomes what this boot runs, in the same way. */
  endRollback(stop: Stop): Promise<StatusReport>;
  /** What `tryCandidate` and `endTrial` would be refused for, without a change. */
  checkTry(): Promise<void>;
  /** After the daemon died within one of the two: makes `.current` say what the record says. Answers whether it had to. */
  repairCurrent(stop: Stop): Promise<boolean>;
  /** The container with its slots and volumes, once `stop` has ended what runs. */
  remove(stop?: Stop): Promise<void>;
}

export function openSlots(options: SlotsOptions): Slots {
  const { disk, directory, runDirectory, bootId, now } = options;
  const place = placeOf(directory);
  if (!isContainerName(place.name)) containerDirectory("", place.name);
  const { takeLock = lockFile, etcDirectory = etcDirectoryDefault } = options;
  const ledger: Ledger = { disk, place, bootId, now, takeLock, etcDirectory };
  const current = { disk, runDirectory, name: place.name, bootId };
  return {
    status: () => readStatus({ disk, place, bootId }),
    async checkInstall() {
      const page = await openPage(ledger);
      const { slot } = dropForInstall(page.state, page.contents);
      await refuseRunning(current, place, slot);
      return { bytesReclaimed: page.contents.inSlot(slot)?.bytes ?? 0 };
    },
    stage: () => stage(ledger, current),
    commit: (how) => commitAndKeep(ledger, how),
    rollback: (how) => change(ledger, (state, subject) => rollback(state, subject, how)),
    tryCandidate: (stop) => move({ ledger, current, stop }, tryNow),
    endTrial: (end, stop) => move({ ledger, current, stop }, (state, subject) => endTrial(state, subject, end)),
    endRollback: (stop) => move({ ledger, current, stop }, endRollback),
    async checkTry() {
      const page = await openPage(ledger);
      tryNow(page.state, page.contents);
    },
    repairCurrent: (stop) => repairCurrent({ ledger, current, stop }),
    remove: (stop = async () => {}) =>
      locked(ledger, async () => {
        if ((await openPage(ledger)).record === undefined) throw missing(place.name, "remove");
        await stop();
        const hidden = await hideContainer(disk, place);
        await forgetCurrent(current);
        await disk.removeTree(hidden);
      }),
  };
}

/** What a commit keeps, it keeps with its volumes: what they were before the trial must never come back. */
async function commitAndKeep(ledger: Ledger, how: CommitOptions | undefined): Promise<StatusReport> {
  const report = await change(ledger, (state, subject) => commit(state, subject, how));
  await forgetSnapshots(ledger);
  return report;
}

async function change(
  ledger: Ledger,
  transition: (state: State, subject: Subject) => Transition,
): Promise<StatusReport> {
  return await locked(ledger, async () => {
    const page = await openPage(ledger);
    if (page.record === undefined) throw missing(ledger.place.name, "change");
    const record = (await turnPage(ledger, page, transition(page.state, page.contents))) ?? page.record;
    return reportOf(record, page.contents, ledger.bootId);
  });
}

async function stage(ledger: Ledger, current: CurrentPlace): Promise<Staging> {
  const { disk, place } = ledger;
  await makeContainerDirectory(disk, place);
  const lock = await lockLedger(ledger);
  let staging: Staging;
  try {
    staging = await dropAndOpen(ledger, lock, current);
  } catch (error) {
    lock.release();
    throw error;
  }
  try {
    if ((await readCommitted(disk, place)) === staging.slot)
      throw new Error("Invariant: the committed slot is never written");
    await clearSlot(disk, place, staging.slot);
    await prepareSlot(disk, place, staging.slot);
  } catch (error) {
    await staging.abandon();
    throw error;
  }
  return staging;
}

async function dropAndOpen(ledger: Ledger, lock: Lock, current: CurrentPlace): Promise<Staging> {
  const page = await openPage(ledger);
  const drop = dropForInstall(page.state, page.contents);
  await refuseRunning(current, ledger.place, drop.slot);
  const base = await turnPage(ledger, page, drop);
  const isNew = page.record === undefined;
  return openStaging({ ledger, lock, slot: drop.slot, base, warnings: drop.warnings, isNew, finish: installed });
}
