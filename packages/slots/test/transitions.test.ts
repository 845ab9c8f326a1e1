import { expect, test } from "bun:test";
import { array, assert, boolean, constantFrom, property, record } from "fast-check";
import { SlotsError } from "../source/error.ts";
import { committedOf, isSound, referencesOf, runningOf } from "../source/state.ts";
import type { SlotReference, State, Subject } from "../source/state.ts";
import { tryNow } from "../source/transitions/begin-trial.ts";
import { boot } from "../source/transitions/boot.ts";
import { commit } from "../source/transitions/commit.ts";
import { dropForInstall, installed } from "../source/transitions/install.ts";
import { rollback } from "../source/transitions/rollback.ts";
import { manifest } from "./kit/states.ts";

const step = record({
  event: constantFrom("install", "failed install", "commit", "rollback", "try", "boot", "late boot"),
  /** Whether the image that this step installs, or that it would leave, is whole. */
  whole: boolean(),
});
type Step = { event: string; whole: boolean };

/** The states that a sequence of events leads through, and what each install was told to write. */
interface Walk {
  states: State[];
  written: { running: SlotReference | undefined; kept: SlotReference[]; slot: string }[];
  /** Ids of images that ended otherwise than by a commit. */
  failed: Set<string>;
}

function walk(steps: readonly Step[]): Walk {
  const path: Walk = { states: [{ name: "empty" }], written: [], failed: new Set() };
  let state: State = { name: "empty" };
  steps.forEach((step, index) => {
    const imageId = `sha256:${index.toString(16).padStart(64, "0")}`;
    try {
      state = follow(state, { ...step, imageId }, path);
    } catch (error) {
      if (!(error instanceof SlotsError)) throw error;
    }
    path.states.push(state);
  });
  return path;
}

function follow(state: State, step: Step & { imageId: string }, path: Walk): State {
  const manifestOf = () => (step.whole ? manifest("1.1.0") : undefined);
  const subject: Subject = { name: "edge", title: '"edge"', command: "hostctl container", manifestOf };
  if (step.event.endsWith("install")) {
    const drop = dropForInstall(state, subject);
    path.written.push({ running: runningOf(state), kept: referencesOf(drop.state), slot: drop.slot });
    if (step.event === "failed install") return drop.state;
    return installed(drop.state, { slot: drop.slot, imageId: step.imageId }).state;
  }
  const transitions = {
    commit: () => commit(state, subject),
    rollback: () => rollback(state, subject),
    try: () => tryNow(state, subject),
    boot: () => boot(state, subject),
    "late boot": () => boot(state, subject, { startedCommitted: true }),
  };
  const { state: next, ending } = transitions[step.event as keyof typeof transitions]();
  if (ending !== undefined && ending.result !== "committed") path.failed.add(ending.reference?.imageId ?? "");
  return next;
}

const always = (name: string, holds: (path: Walk) => boolean) =>
  test(name, () => {
    assert(
      property(array(step, { maxLength: 40 }), (steps) => holds(walk(steps))),
      { numRuns: 2000 },
    );
    expect(true).toBe(true);
  });

always("every reachable state names no slot twice", ({ states }) => states.every(isSound));

always("an install never writes the running slot, nor one that the record still names", ({ written }) =>
  written.every(
    ({ running, kept, slot }) => running?.slot !== slot && kept.every((reference) => reference.slot !== slot),
  ),
);

always("an install never writes the slot that `committed` points to", ({ states, written }) => {
  // After the drop the record names the committed slot or nothing, so `kept` covers it.
  return (
    states.every(
      (state) => committedOf(state) === undefined || referencesOf(state).includes(committedOf(state) as never),
    ) && written.every(({ kept, slot }) => !kept.some((reference) => reference.slot === slot))
  );
});

always("a slot that failed never becomes `previous`", ({ states, failed }) =>
  states.every((state) => state.name !== "normal" || !failed.has(state.previous?.imageId ?? "none")),
);

always(
  "nothing is committed but by a commit: a candidate that boots has a way back or nothing to go back to",
  ({ states }) =>
    states.every((state, index) => {
      const before = states[index - 1];
      if (state.name !== "trying" || before?.name !== "pending") return true;
      return JSON.stringify(state.fallback) === JSON.stringify(before.active);
    }),
);

test("installed stops when the slot that was written is one that the record names", () => {
  const active: SlotReference = { slot: "a", imageId: `sha256:${"1".repeat(64)}` };
  expect(() => installed({ name: "normal", active }, active)).toThrow("Invariant: slot a was written");
});
