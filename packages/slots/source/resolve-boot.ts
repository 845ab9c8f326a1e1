// Knows the order of the steps for the hook, which runs before any container of this boot starts: for each container take
// the lock, resolve the record once, repair `committed`, then make `.current`. Whatever fails, the image of which it is
// known that it was committed is what starts, and one failing container never stops the others.
import { DiskError, lockFile } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import { join } from "node:path";
import type { BootReport, ContainerBoot } from "./boot-report.ts";
import { readCommitted, repairCommitted } from "./committed.ts";
import { hideContainer, isLeftover, listDirectories } from "./container.ts";
import { startedInBoot } from "./current.ts";
import type { TakeLock } from "./ledger.ts";
import { containersDirectory, placeOf } from "./place.ts";
import type { Collection, Place } from "./place.ts";
import { nextRecord } from "./record.ts";
import type { BootRecord } from "./record.ts";
import { readRecord, setAsideRecord, writeRecord } from "./record-file.ts";
import { lookIntoSlots } from "./slot.ts";
import type { SlotContents } from "./slot.ts";
import { committedOf, runningOf } from "./state.ts";
import { start, startedImage } from "./start.ts";
import type { SlotName, SlotReference, State } from "./state.ts";
import { committedState } from "./status.ts";
import { resolve } from "./transitions/boot.ts";

export interface ResolveBootOptions {
  disk: Disk;
  stateDirectory: string;
  collection?: Collection;
  runDirectory: string;
  bootId: string;
  now: () => Date;
  lockWaitMs?: number;
  takeLock?: TakeLock;
}

const lockWaitDefaultMs = 5000;

interface Context extends ResolveBootOptions {
  place: Place;
  name: string;
}

export async function resolveBoot(options: ResolveBootOptions): Promise<BootReport> {
  const names = await listDirectories(options.disk, options.stateDirectory, options.collection);
  const containers = await Promise.all(
    names.map((name) => {
      const place = placeOf(join(containersDirectory(options.stateDirectory, options.collection), name));
      return resolveContainer({ ...options, place, name });
    }),
  );
  return { bootId: options.bootId, containers, ok: containers.every(({ failed }) => !failed) };
}

async function resolveContainer(context: Context): Promise<ContainerBoot> {
  try {
    const takeLock = context.takeLock ?? lockFile;
    const lock = await takeLock(context.place.lock, { waitMs: context.lockWaitMs ?? lockWaitDefaultMs });
    try {
      return await resolveLocked(context);
    } finally {
      lock.release();
    }
  } catch (error) {
    return await startWithoutRecord(context, error);
  }
}

async function resolveLocked(context: Context): Promise<ContainerBoot> {
  const { disk, place } = context;
  const contents = await lookIntoSlots(disk, place);
  const found = await readRecord(disk, place);
  switch (found.kind) {
    case "record":
      return await resolveRecord(context, contents, found.record);
    case "later-format": {
      const state = await stateWithoutRecord(context, contents, await readCommitted(disk, place));
      const problem = `a later version of host-service wrote the record (format ${found.format}), which is left alone`;
      return await start(context, { did: "left-alone", state, contents, problem });
    }
    case "unreadable": {
      const aside = await setAsideRecord(disk, place);
      return await restore(context, contents, `${found.problem}; it was kept as ${aside}`);
    }
    case "missing":
      if ((await readCommitted(disk, place)) === undefined && (await isLeftover(disk, place))) {
        await hideContainer(disk, place);
        return { name: context.name, did: "swept", state: "empty", failed: false };
      }
      return await restore(context, contents, "the record was missing");
  }
}

async function resolveRecord(context: Context, contents: SlotContents, before: BootRecord): Promise<ContainerBoot> {
  const { disk, place, bootId } = context;
  const startedCommitted = before.bootId !== bootId && (await startedInBoot(context)) !== undefined;
  const transition = resolve(before, contents, { bootId, startedCommitted });
  let record = before;
  if (transition !== undefined) {
    record = nextRecord(before, transition, { bootId, now: context.now(), subject: contents });
    // The point of no return.
    await writeRecord(disk, place, record);
  }
  await repairCommitted(disk, place, record.state);
  const did = transition === undefined ? "unchanged" : "resolved";
  const ended = transition?.ending === undefined || record.outcome === undefined ? {} : { outcome: record.outcome };
  return await start(context, { did, state: record.state, contents, ...ended });
}

/** A new record for one that is gone, from what `committed` says, or, once this boot has started it, from what runs. */
async function restore(context: Context, contents: SlotContents, problem: string): Promise<ContainerBoot> {
  const { disk, place, bootId } = context;
  const committed = committedState(await readCommitted(disk, place), contents);
  const started = await startedImage(context, contents);
  const state = started === undefined ? committed : stillRunning(started, runningOf(committed));
  const ending = { result: "failed" as const, ...referenceOf(state), why: `${problem}; ${consequence(state)}` };
  const record = nextRecord(undefined, { state, ending }, { bootId, now: context.now(), subject: contents });
  await writeRecord(disk, place, record);
  await repairCommitted(disk, place, state);
  const ended = record.outcome === undefined ? {} : { outcome: record.outcome };
  return await start(context, { did: "restored", state, contents, problem: ending.why, ...ended });
}

/** What runs goes on running; when it is not the committed image it is on trial, for all that is known. */
function stillRunning(active: SlotReference, committed: SlotReference | undefined): State {
  if (committed === undefined) return { name: "trying", active, bootsLeft: 0 };
  if (committed.slot === active.slot) return { name: "normal", active };
  return { name: "trying", active, fallback: committed, bootsLeft: 0 };
}

function referenceOf(state: State): { reference?: SlotReference } {
  const reference = runningOf(state);
  return reference === undefined ? {} : { reference };
}

function consequence(state: State): string {
  if (state.name === "empty") return "there is no committed image to boot";
  return state.name === "trying" ? "what runs counts as a trial" : "the last committed image boots";
}

/** The record could not be locked, read or written: it stays as it is, and nothing uncommitted starts. */
async function startWithoutRecord(context: Context, cause: unknown): Promise<ContainerBoot> {
  const { disk, place, bootId, name } = context;
  const busy = cause instanceof DiskError && cause.kind === "lock-held";
  const problem = cause instanceof Error ? cause.message : String(cause);
  try {
    const contents = await lookIntoSlots(disk, place);
    const found = await readRecord(disk, place);
    // Another hook or the daemon of this boot is at work on a record that is resolved, or on a first install.
    if (busy && found.kind === "record" && found.record.bootId === bootId) {
      return await start(context, { did: "unchanged", state: found.record.state, contents });
    }
    const slot = await readCommitted(disk, place);
    if (busy && found.kind === "missing" && slot === undefined) {
      return await start(context, { did: "unchanged", state: { name: "empty" }, contents });
    }
    const safe = found.kind === "record" ? committedOf(found.record.state)?.slot : slot;
    const state = await stateWithoutRecord(context, contents, safe);
    return { ...(await start(context, { did: "started-committed", state, contents })), failed: true, problem };
  } catch (error) {
    const further = error instanceof Error ? error.message : String(error);
    return {
      name,
      did: "nothing",
      state: "empty",
      failed: true,
      problem: problem === further ? problem : `${problem}; ${further}`,
    };
  }
}

/** What this boot has started already, else the committed image. */
async function stateWithoutRecord(
  context: Context,
  contents: SlotContents,
  committed: SlotName | undefined,
): Promise<State> {
  const started = await startedImage(context, contents);
  return started === undefined ? committedState(committed, contents) : { name: "normal", active: started };
}
