import { describeImage } from "../describe.ts";
import { refused } from "../error.ts";
import { normalOrEmpty } from "../state.ts";
import type { State, Subject, Transition } from "../state.ts";

export interface RollbackOptions {
  /** Why, where it is not simply asked for: a clause, for the outcome. */
  why?: string | undefined;
}

/** "Do not keep it." What runs goes on running until the next boot. */
export function rollback(state: State, subject: Subject, { why }: RollbackOptions = {}): Transition {
  switch (state.name) {
    case "empty":
      throw refused("no-previous", `Cannot roll back ${subject.title}: no image is installed; install one first`);
    case "normal":
      return toPrevious(state, subject);
    case "pending":
      return {
        state: normalOrEmpty(state.active),
        ending: { result: "cancelled", reference: state.candidate, why: "rolled back before it was booted" },
      };
    case "trying": {
      const { active, fallback } = state;
      return { state: { name: "rollback", active, ...known({ fallback, why }) } };
    }
    case "rollback":
      return { state };
  }
}

function known({ fallback, why }: Pick<Extract<State, { name: "rollback" }>, "fallback" | "why">) {
  return { ...(fallback === undefined ? {} : { fallback }), ...(why === undefined ? {} : { why }) };
}

function toPrevious(state: Extract<State, { name: "normal" }>, subject: Subject): Transition {
  const { active, previous } = state;
  if (previous === undefined) {
    throw refused(
      "no-previous",
      `Cannot roll back ${subject.title}: ${describeImage(active, subject)} is committed and there is no previous image; ` +
        "install the one that you want",
    );
  }
  if (subject.manifestOf(previous) === undefined) {
    throw refused(
      "not-bootable",
      `Cannot roll back ${subject.title}: the previous ${describeImage(previous, subject)} is no longer whole in slot ` +
        `${previous.slot}; install the one that you want`,
    );
  }
  return { state: { name: "rollback", active, fallback: previous } };
}
