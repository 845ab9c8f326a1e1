// The first hook of a new boot, for the system: which slot runs was decided by the boot loader, and is compared with what the record
// expects of it.
import { describeImage } from "../describe.ts";
import type { SystemContents } from "../system/system-record.ts";
import { otherSlot } from "../state.ts";
import type { SlotName, SlotReference, State, Transition } from "../state.ts";

/** What the kernel and the boot loader say; packages/upgrade finds it out. */
export interface BootFacts {
  /** The slot whose device holds the running root; undefined when it is neither. */
  booted: SlotName | undefined;
  /** What the boot loader starts next. */
  next: SlotName | undefined;
  /** Whether it goes back from there by itself; undefined where it does not tell. */
  isTrial: boolean | undefined;
  /** An earlier boot was ended to go back, and this one is the same again. */
  hasReturned: boolean;
}

export interface SystemResolution {
  transition: Transition;
  /** What the boot loader has to be told before the record is written: that this slot starts from now on, and no trial is open. */
  returnTo?: SlotName;
  /** The wrong slot runs: the host reboots once the boot loader was told. */
  reboot?: true;
  /** What a person has to look at; a sentence without a full stop. */
  problem?: string;
}

export function resolveSystemBoot(state: State, facts: BootFacts, contents: SystemContents): SystemResolution {
  const { booted } = facts;
  if (booted === undefined) {
    return { transition: { state }, problem: "what runs is in neither slot, so that nothing was decided" };
  }
  switch (state.name) {
    case "empty":
      return { transition: { state: found(booted, { facts, contents }) } };
    case "normal":
      return booted === state.active.slot ? { transition: { state } } : foreign(state, booted, { facts, contents });
    case "pending":
      return resolvePending(state, { booted, facts, contents });
    case "trying":
      return resolveTrying(state, { booted, facts, contents });
    case "rollback":
      return resolveRollback(state, { booted, facts });
  }
}

/** What there is without a record: what runs, on trial when the boot loader says so. */
function found(booted: SlotName, { facts, contents }: Pick<Boot, "facts" | "contents">): State {
  const active = contents.referenceTo(booted);
  if (facts.isTrial !== true) return { name: "normal", active };
  return { name: "trying", active, fallback: contents.referenceTo(otherSlot(booted)), bootsLeft: 0 };
}

interface Boot {
  booted: SlotName;
  facts: BootFacts;
  contents: SystemContents;
}

/** Another slot runs than the committed one, and nobody asked us for it. */
function foreign(
  state: Extract<State, { name: "normal" }>,
  booted: SlotName,
  { facts, contents }: Pick<Boot, "facts" | "contents">,
): SystemResolution {
  const active = contents.referenceTo(booted);
  // The boot loader is told before the record: a rollback that was cut between the two is one all the same.
  if (state.previous?.slot === booted && facts.isTrial !== true) {
    const why = "the boot loader was told to start the previous one";
    const ending = { result: "rolled-back", reference: state.active, why } as const;
    return { transition: { state: { name: "normal", active: state.previous }, ending } };
  }
  const surprise = `slot ${booted} runs, which host-service did not switch to`;
  if (facts.isTrial !== false) {
    const trying: State = { name: "trying", active, fallback: state.active, bootsLeft: 0 };
    return { transition: { state: trying }, problem: `${surprise}; it counts as a trial` };
  }
  const why = `the boot loader started slot ${booted} instead`;
  const ending = { result: "failed", reference: state.active, why } as const;
  return { transition: { state: { name: "normal", active }, ending }, problem: surprise };
}

function resolvePending(
  { active, candidate }: Extract<State, { name: "pending" }>,
  { booted, facts, contents }: Boot,
): SystemResolution {
  const old = active ?? contents.referenceTo(booted);
  if (booted === candidate.slot) {
    if (isCommitted(candidate, facts)) return committedOutside(candidate, active);
    const trying: State = { name: "trying", active: candidate, fallback: active, bootsLeft: 0 };
    return { transition: { state: trying } };
  }
  const ignored = facts.next === candidate.slot && facts.isTrial === true;
  const why = ignored
    ? "the boot loader did not start it, although its environment says so"
    : `the boot loader started ${describeImage(old, contents)}: it gave the new one up, or the power went before it was told`;
  return {
    transition: { state: { name: "normal", active: old }, ending: { result: "failed", reference: candidate, why } },
    ...tellToStay(old, facts),
  };
}

function resolveTrying(state: Extract<State, { name: "trying" }>, { booted, facts, contents }: Boot): SystemResolution {
  const { active, fallback } = state;
  if (booted !== active.slot) {
    const old = fallback ?? contents.referenceTo(booted);
    const ending = { result: "rolled-back", reference: active, why: "rebooted without commit" } as const;
    return { transition: { state: { name: "normal", active: old }, ending }, ...tellToStay(old, facts) };
  }
  if (isCommitted(active, facts)) return committedOutside(active, fallback);
  return goBack(state, fallback, facts);
}

function resolveRollback(
  state: Extract<State, { name: "rollback" }>,
  { booted, facts }: Pick<Boot, "booted" | "facts">,
): SystemResolution {
  const { active, fallback } = state;
  if (booted === active.slot) return goBack(state, fallback, facts);
  const old = fallback ?? { slot: booted, imageId: active.imageId };
  const ending = { result: "rolled-back", reference: active, why: state.why ?? "asked for" } as const;
  return { transition: { state: { name: "normal", active: old }, ending }, ...tellToStay(old, facts) };
}

/** The boot loader starts what must not run again: it is told once, and never a second time for the same trial. */
function goBack(state: State, fallback: SlotReference | undefined, facts: BootFacts): SystemResolution {
  if (fallback === undefined) return { transition: { state }, problem: "there is no system to go back to" };
  if (facts.hasReturned) {
    const problem = ignoredReturn(fallback.slot);
    return { transition: { state }, problem };
  }
  return { transition: { state }, returnTo: fallback.slot, reboot: true };
}

/** What a person has to know while the boot loader does not go back; a clause. */
export function ignoredReturn(fallback: SlotName): string {
  return `the boot loader was told to start slot ${fallback} and started the other one again; commit what runs, or look at the boot loader`;
}

function isCommitted(running: SlotReference, facts: BootFacts): boolean {
  return facts.next === running.slot && facts.isTrial === false && !facts.hasReturned;
}

function committedOutside(active: SlotReference, previous: SlotReference | undefined): SystemResolution {
  const why = "the boot loader has no trial open, so it counts as committed";
  const state: State = previous === undefined ? { name: "normal", active } : { name: "normal", active, previous };
  return { transition: { state, ending: { result: "committed", reference: active, why } } };
}

/** What runs is what stays; a boot loader that would try something else at the next boot is told so. */
function tellToStay(running: SlotReference, { next, isTrial }: BootFacts): { returnTo?: SlotName } {
  return next === running.slot && isTrial !== true ? {} : { returnTo: running.slot };
}
