import { expect, test } from "bun:test";
import { SlotsError } from "../source/error.ts";
import { committedOf } from "../source/state.ts";
import type { SlotReference, State, Subject, Transition } from "../source/state.ts";
import { tryNow } from "../source/transitions/begin-trial.ts";
import { boot, resolve } from "../source/transitions/boot.ts";
import { commit } from "../source/transitions/commit.ts";
import { dropForInstall, installed } from "../source/transitions/install.ts";
import { endTrial } from "../source/transitions/end-trial.ts";
import { rollback } from "../source/transitions/rollback.ts";
import { digestOf, print, statesFrom, subject } from "./kit/states.ts";

/** What a cell answers, as the golden file shows it. */
type Event = (state: State) => string[];

const event =
  (transition: (state: State, world: Subject) => Transition, world = subject()): Event =>
  (state) =>
    printTransition(state, transition(state, world));

const events: Record<string, Event> = {
  install(state) {
    const drop = dropForInstall(state, subject());
    const candidate: SlotReference = { slot: drop.slot, imageId: digestOf("3") };
    return [
      ...printTransition(state, drop),
      ...drop.warnings.map((warning) => `warning: ${warning}`),
      `writes slot ${drop.slot}`,
      `installed: ${print(installed(drop.state, candidate).state).replaceAll(`1.1.0 in ${drop.slot}`, `new in ${drop.slot}`)}`,
    ];
  },
  commit: event((state, world) => commit(state, world)),
  "commit --expect 1.0.0": event((state, world) => commit(state, world, { expect: "1.0.0" })),
  "commit --expect 222222222222": event((state, world) => commit(state, world, { expect: "222222222222" })),
  rollback: event(rollback),
  try: event(tryNow),
  "end trial": event((state, world) => endTrial(state, world, { result: "failed", why: "it ended 3 times" })),
  "end trial, 1.0.0 is not whole": event(
    (state, world) => endTrial(state, world, { result: "rolled-back", why: "nobody committed it" }),
    subject({ missing: ["1.0.0"] }),
  ),
  "end trial of another image": event((state, world) =>
    endTrial(state, world, { result: "failed", why: "it ended 3 times", imageId: digestOf("3") }),
  ),
  "first hook of a new boot": event(boot),
  "first hook, trial of 2 boots": event(boot, subject({ boots: 2 })),
  "first hook, 1.1.0 is not whole": event(boot, subject({ missing: ["1.1.0"] })),
  "first hook, 1.0.0 is not whole": event(boot, subject({ missing: ["1.0.0"] })),
  "first hook, committed runs already": event((state, world) => boot(state, world, { startedCommitted: true })),
  "hook again in the same boot": (state) => {
    const transition = resolve({ bootId: "b1", state }, subject(), { bootId: "b1" });
    return transition === undefined ? ["unchanged"] : printTransition(state, transition);
  },
};

function printTransition(before: State, { state, ending }: Transition): string[] {
  const same = JSON.stringify(state) === JSON.stringify(before);
  const lines = [same ? "unchanged" : `→ ${print(state)}`];
  if (ending === undefined) return lines;
  const image = ending.reference === undefined ? "" : ` ${subject().manifestOf(ending.reference)?.version}`;
  return [...lines, `outcome: ${ending.result}${image}: ${ending.why}`];
}

function printCell(state: State, answer: Event): string[] {
  try {
    return answer(state);
  } catch (error) {
    if (!(error instanceof SlotsError)) throw error;
    return [`${error.kind} (${error.reason}): ${error.message}`];
  }
}

function printTable(): string {
  const blocks: string[] = [];
  for (const state of statesFrom("a")) {
    const committed = committedOf(state);
    const link = committed === undefined ? "no committed link" : `committed -> slots/${committed.slot}`;
    blocks.push(`${print(state)}    (${link})`);
    for (const [name, answer] of Object.entries(events)) {
      const [first, ...rest] = printCell(state, answer);
      blocks.push(`  ${name.padEnd(34)}${first}`, ...rest.map((line) => `${" ".repeat(36)}${line}`));
    }
    blocks.push("");
  }
  return blocks.join("\n");
}

test("the state table, every event from every state", async () => {
  const golden = Bun.file(new URL("golden/table.txt", import.meta.url));
  const table = printTable();
  if (process.env["UPDATE_GOLDEN"] === "1") await Bun.write(golden, table);
  expect(table).toBe(await golden.text());
});
