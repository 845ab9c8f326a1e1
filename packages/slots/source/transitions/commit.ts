import { describeImage, shortId } from "../describe.ts";
import { refused } from "../error.ts";
import { runningOf } from "../state.ts";
import type { SlotReference, State, Subject, Transition } from "../state.ts";

export interface CommitOptions {
  /** The version, or the image id (with or without "sha256:", at least its first 12 digits), that has to be running. */
  expect?: string | undefined;
  /** Why it is kept, for the outcome: a sentence without a full stop. */
  why?: string | undefined;
}

/** "Keep what is running." */
export function commit(state: State, subject: Subject, options: CommitOptions = {}): Transition {
  switch (state.name) {
    case "empty":
    case "normal":
      checkExpected(options.expect, state, subject);
      return { state };
    case "pending":
      throw refused(
        "not-booted",
        `Cannot commit ${subject.title}: ${describeImage(state.candidate, subject)} was not booted yet; ` +
          "reboot (hostctl reboot) and commit what then runs",
      );
    case "trying":
      checkExpected(options.expect, state, subject);
      return kept(state, options.why ?? "committed on request");
    case "rollback":
      checkExpected(options.expect, state, subject);
      return kept(state, options.why ?? "the rollback was called off");
  }
}

/** The old slot stays as `previous`: it was committed before, so it did not fail. */
function kept(state: Extract<State, { name: "trying" | "rollback" }>, why: string): Transition {
  const { active, fallback } = state;
  return {
    state: fallback === undefined ? { name: "normal", active } : { name: "normal", active, previous: fallback },
    ending: { result: "committed", reference: active, why },
  };
}

function checkExpected(expect: string | undefined, state: State, subject: Subject): void {
  if (expect === undefined) return;
  const running = runningOf(state);
  if (running !== undefined && isExpected(expect, running, subject)) return;
  const found =
    running === undefined
      ? "nothing is running"
      : `${describeImage(running, subject)} (${shortId(running.imageId)}) is running`;
  throw refused(
    "unexpected-image",
    `Cannot commit ${subject.title}: ${found}, expected was "${expect}"; see ${subject.command} status`,
  );
}

function isExpected(expect: string, running: SlotReference, subject: Subject): boolean {
  if (expect === subject.manifestOf(running)?.version) return true;
  const digits = /^(?:sha256:)?([0-9a-f]{12,64})$/.exec(expect)?.[1];
  return digits !== undefined && running.imageId.startsWith(`sha256:${digits}`);
}
