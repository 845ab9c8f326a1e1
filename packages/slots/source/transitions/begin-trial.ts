import { describeImage } from "../describe.ts";
import { refused } from "../error.ts";
import type { State, Subject, Transition } from "../state.ts";

/** The candidate starts to run, uncommitted. Its first boot counts as one of those that its trial has. */
export function beginTrial(state: Extract<State, { name: "pending" }>, boots: number): State {
  const { active, candidate } = state;
  const bootsLeft = boots - 1;
  return active === undefined
    ? { name: "trying", active: candidate, bootsLeft }
    : { name: "trying", active: candidate, fallback: active, bootsLeft };
}

/** Start the candidate now, without a reboot of the host (which still rolls back). */
export function tryNow(state: State, subject: Subject): Transition {
  switch (state.name) {
    case "empty":
    case "normal":
      throw refused(
        "no-candidate",
        `Cannot try an image of ${subject.title}: there is no candidate; install one first`,
      );
    case "pending": {
      const manifest = subject.manifestOf(state.candidate);
      if (manifest === undefined) {
        throw refused(
          "not-bootable",
          `Cannot try an image of ${subject.title}: the candidate ${describeImage(state.candidate, subject)} is not whole ` +
            `in slot ${state.candidate.slot}; install it again`,
        );
      }
      return { state: beginTrial(state, manifest.trial.boots) };
    }
    case "trying":
      throw refused(
        "on-trial",
        `Cannot try an image of ${subject.title}: ${describeImage(state.active, subject)} is on trial already; ` +
          `commit it (${subject.command} commit) or roll it back (${subject.command} rollback)`,
      );
    case "rollback":
      throw refused(
        "rolling-back",
        `Cannot try an image of ${subject.title}: ${describeImage(state.active, subject)} is left at the next boot; ` +
          `reboot (hostctl reboot) or keep it (${subject.command} commit) first`,
      );
  }
}
