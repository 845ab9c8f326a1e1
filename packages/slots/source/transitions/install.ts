import { describeImage } from "../describe.ts";
import { refused } from "../error.ts";
import { isSound, normalOrEmpty, otherSlot } from "../state.ts";
import type { SlotName, SlotReference, State, Subject, Transition } from "../state.ts";

export interface Drop extends Transition {
  /** The slot that may be written once `state` is durable. Nothing in `state` refers to it. */
  slot: SlotName;
  warnings: string[];
}

/** The first half of an install: forget what lies in the slot that is going to be written. */
export function dropForInstall(state: State, subject: Subject): Drop {
  switch (state.name) {
    case "empty":
      return { state, slot: "a", warnings: [] };
    case "normal":
      return { state: dropPrevious(state), slot: otherSlot(state.active.slot), warnings: [] };
    case "pending":
      return dropCandidate(state, subject);
    case "trying":
      throw refused(
        "on-trial",
        `Cannot install an image for ${subject.title}: ${describeImage(state.active, subject)} is on trial and the ` +
          `other slot is the way back; commit it (${subject.command} commit) or roll it back (${subject.command} rollback) first`,
      );
    case "rollback":
      throw refused(
        "rolling-back",
        `Cannot install an image for ${subject.title}: ${describeImage(state.active, subject)} is left at the next boot ` +
          `and the other slot is the way back; reboot (hostctl reboot) or keep it (${subject.command} commit) first`,
      );
  }
}

function dropPrevious(state: Extract<State, { name: "normal" }>): State {
  return state.previous === undefined ? state : { name: "normal", active: state.active };
}

function dropCandidate(state: Extract<State, { name: "pending" }>, subject: Subject): Drop {
  const { active, candidate } = state;
  return {
    state: normalOrEmpty(active),
    slot: active === undefined ? candidate.slot : otherSlot(active.slot),
    ending: { result: "cancelled", reference: candidate, why: "another image was installed over it" },
    warnings: [`the candidate ${describeImage(candidate, subject)} was dropped before it was booted`],
  };
}

/** The second half: the slot is written and whole. Anything but the state that `dropForInstall` left is a broken invariant. */
export function installed(state: State, candidate: SlotReference): Transition {
  const next: State | undefined =
    state.name === "empty"
      ? { name: "pending", candidate }
      : state.name === "normal" && state.previous === undefined
        ? { name: "pending", active: state.active, candidate }
        : undefined;
  if (next === undefined || !isSound(next)) {
    throw new Error(`Invariant: slot ${candidate.slot} was written while the record was ${JSON.stringify(state)}`);
  }
  return { state: next };
}
