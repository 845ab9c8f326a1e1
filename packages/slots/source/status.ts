import type { Disk } from "@host-service/disk";
import { readCommitted } from "./committed.ts";
import { describeImage } from "./describe.ts";
import { missing } from "./ledger.ts";
import type { SlotManifest } from "./manifest.ts";
import type { Place } from "./place.ts";
import type { BootRecord, Outcome } from "./record.ts";
import { readRecord } from "./record-file.ts";
import { lookIntoSlots } from "./slot.ts";
import type { SlotContents } from "./slot.ts";
import { nextBootOf, normalOrEmpty, otherSlot, referencesOf, runningOf } from "./state.ts";
import type { SlotName, SlotReference, State, Subject } from "./state.ts";

/** What a person and the wire are told. */
export interface StatusReport {
  name: string;
  state: "normal" | "pending" | "trying" | "rollback";
  /** The record is `empty`: nothing is installed, nothing runs. */
  empty: boolean;
  running?: SlotSummary;
  nextBoot?: SlotSummary;
  /** What the record knows in the slot that does not run. */
  other?: SlotSummary;
  bootsLeft?: number;
  /** A sentence without a full stop. */
  why: string;
  outcome?: Outcome;
  /** False while the hook has not resolved the record in this boot: nothing can be changed then. */
  resolved: boolean;
}

export interface SlotSummary {
  slot: SlotName;
  imageId: string;
  version?: string;
  stagedAt?: string;
  entries?: number;
  bytes?: number;
  signer?: NonNullable<SlotManifest["signer"]>;
  metadata?: NonNullable<SlotManifest["metadata"]>;
  /** False where the slot does not hold that image any more. */
  bootable: boolean;
}

/** Reads without the lock: every file of it is replaced in one step. */
export async function readStatus(options: { disk: Disk; place: Place; bootId: string }): Promise<StatusReport> {
  const { disk, place, bootId } = options;
  const found = await readRecord(disk, place);
  const contents = await lookIntoSlots(disk, place);
  if (found.kind === "record") return reportOf(found.record, contents, bootId);
  const committed = await readCommitted(disk, place);
  if (found.kind === "missing" && committed === undefined) throw missing(place.name, "read the state of");
  const why = {
    missing: "the record is missing; run host-service boot, which makes it anew from the committed image",
    unreadable: "the record makes no sense; run host-service boot, which sets it aside",
    "later-format": "a later version of host-service wrote the record; update host-service to change anything",
  }[found.kind];
  return { ...describeState(committedState(committed, contents), contents), why, resolved: false };
}

export function reportOf(record: BootRecord, contents: Subject, bootId: string): StatusReport {
  const resolved = record.bootId === bootId;
  const report = describeState(record.state, contents);
  if (!resolved) delete report.running;
  return {
    ...report,
    why: resolved
      ? `${reasonOf(record.state, contents)}${lastEnding(record)}`
      : "the boot hook has not run in this boot; run host-service boot",
    ...(record.outcome === undefined ? {} : { outcome: record.outcome }),
    resolved,
  };
}

/** What did not stay, as long as nothing has come after it. */
function lastEnding({ state, outcome }: Pick<BootRecord, "state" | "outcome">): string {
  if (outcome === undefined || outcome.result === "committed") return "";
  if (state.name !== "normal" && state.name !== "empty") return "";
  if (state.name === "normal" && outcome.imageId === state.active.imageId) return `; ${outcome.why}`;
  const version = outcome.version === undefined ? "an image" : `version ${outcome.version}`;
  const ended = { "rolled-back": "was rolled back", cancelled: "was cancelled", failed: "failed" }[outcome.result];
  return `; ${version} ${ended}: ${outcome.why}`;
}

/** What boots when there is no record to ask. */
export function committedState(slot: SlotName | undefined, contents: SlotContents): State {
  const manifest = slot === undefined ? undefined : contents.inSlot(slot);
  if (slot === undefined || manifest === undefined) return { name: "empty" };
  return normalOrEmpty({ slot, imageId: manifest.imageId });
}

function describeState(state: State, subject: Subject): Omit<StatusReport, "why" | "resolved"> {
  const running = runningOf(state);
  const nextBoot = nextBootOf(state);
  const other = referencesOf(state).find((reference) => reference !== running && reference.slot === otherOf(running));
  return {
    name: subject.name,
    state: state.name === "empty" ? "normal" : state.name,
    empty: state.name === "empty",
    ...(running === undefined ? {} : { running: summarise(running, subject) }),
    ...(nextBoot === undefined ? {} : { nextBoot: summarise(nextBoot, subject) }),
    ...(other === undefined ? {} : { other: summarise(other, subject) }),
    ...(state.name === "trying" ? { bootsLeft: state.bootsLeft } : {}),
  };
}

function otherOf(running: SlotReference | undefined): SlotName | undefined {
  return running === undefined ? undefined : otherSlot(running.slot);
}

export function summarise(reference: SlotReference, subject: Subject): SlotSummary {
  const manifest = subject.manifestOf(reference);
  const named = { slot: reference.slot, imageId: reference.imageId };
  if (manifest === undefined) return { ...named, bootable: false };
  const { version, stagedAt, entries, bytes, signer, metadata } = manifest;
  return { ...named, ...given({ version, signer, stagedAt, entries, bytes, metadata }), bootable: true };
}

/** Without the members that nobody knows. */
function given<Members extends object>(members: Members): { [Key in keyof Members]?: NonNullable<Members[Key]> } {
  const known: { [Key in keyof Members]?: NonNullable<Members[Key]> } = {};
  for (const key in members) {
    const value = members[key];
    if (value !== undefined && value !== null) known[key] = value;
  }
  return known;
}

function reasonOf(state: State, subject: Subject): string {
  const image = (reference: SlotReference) => describeImage(reference, subject);
  switch (state.name) {
    case "empty":
      return "no image is installed";
    case "normal":
      return `${image(state.active)} is committed`;
    case "pending":
      return `${image(state.candidate)} is installed and is tried at the next boot`;
    case "trying": {
      const then = state.fallback === undefined ? "leaves nothing to run" : `goes back to ${image(state.fallback)}`;
      const more = state.bootsLeft === 0 ? "" : ` for ${state.bootsLeft} more boot${state.bootsLeft === 1 ? "" : "s"}`;
      return `${image(state.active)} is on trial${more}; ${more === "" ? "" : "then "}a reboot without a commit ${then}`;
    }
    case "rollback": {
      const next = state.fallback === undefined ? "nothing runs then" : `${image(state.fallback)} runs then`;
      const reason = state.why === undefined ? "" : ` (${state.why})`;
      return `${image(state.active)} is left at the next boot${reason}; ${next}`;
    }
  }
}
