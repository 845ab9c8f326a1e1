import { normalOrEmpty } from "../state.ts";
import type { State, Subject, Transition } from "../state.ts";
import { back } from "./back.ts";
import { beginTrial } from "./begin-trial.ts";

export interface BootOptions {
  /**
   * True when this boot has already started the committed image, because an earlier hook of it could not write the
   * record. What runs must not change under the container, so no trial begins or goes on in this boot.
   */
  startedCommitted?: boolean;
}

/** What the hook does to a record: undefined when an earlier hook of this boot has done it. */
export function resolve(
  record: { bootId: string; state: State },
  subject: Subject,
  options: BootOptions & { bootId: string },
): Transition | undefined {
  return record.bootId === options.bootId ? undefined : boot(record.state, subject, options);
}

/** The first hook of a new boot. */
export function boot(state: State, subject: Subject, options: BootOptions = {}): Transition {
  const late = options.startedCommitted === true;
  switch (state.name) {
    case "empty":
    case "normal":
      return { state };
    case "pending":
      return bootCandidate(state, subject, late);
    case "trying":
      if (state.bootsLeft > 0 && !late) return bootAgain(state, subject);
      return back(state, subject, { result: "rolled-back", reference: state.active, why: "rebooted without commit" });
    case "rollback":
      return back(state, subject, { result: "rolled-back", reference: state.active, why: state.why ?? "asked for" });
  }
}

function bootCandidate(state: Extract<State, { name: "pending" }>, subject: Subject, late: boolean): Transition {
  const manifest = subject.manifestOf(state.candidate);
  if (manifest === undefined) {
    const why = `it is not whole in slot ${state.candidate.slot}, so it was not booted`;
    return { state: normalOrEmpty(state.active), ending: { result: "failed", reference: state.candidate, why } };
  }
  return { state: late ? state : beginTrial(state, manifest.trial.boots) };
}

function bootAgain(state: Extract<State, { name: "trying" }>, subject: Subject): Transition {
  if (subject.manifestOf(state.active) === undefined) {
    const why = `it is no longer whole in slot ${state.active.slot}`;
    return back(state, subject, { result: "failed", reference: state.active, why });
  }
  return { state: { ...state, bootsLeft: state.bootsLeft - 1 } };
}
