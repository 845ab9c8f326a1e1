import { expect, test } from "bun:test";
import { contentsOf } from "../../source/system/system-record.ts";
import type { SlotName, State } from "../../source/state.ts";
import { resolveSystemBoot } from "../../source/transitions/system-boot.ts";
import type { BootFacts, SystemResolution } from "../../source/transitions/system-boot.ts";
import { images, print } from "../kit/states.ts";

const stagedAt = "2026-01-02T03:04:05.000Z";
const contents = contentsOf({
  a: { imageId: images["1.0.0"], version: "1.0.0", bytes: 1, stagedAt },
  b: { imageId: images["1.1.0"], version: "1.1.0", bytes: 1, stagedAt },
});
const old = { slot: "a", imageId: images["1.0.0"] } as const;
const young = { slot: "b", imageId: images["1.1.0"] } as const;

const states: State[] = [
  { name: "empty" },
  { name: "normal", active: old },
  { name: "normal", active: young, previous: old },
  { name: "pending", active: old, candidate: young },
  { name: "trying", active: young, fallback: old, bootsLeft: 0 },
  { name: "rollback", active: young, fallback: old },
];

const slots: (SlotName | undefined)[] = ["a", "b", undefined];

function* allFacts(): Generator<BootFacts> {
  for (const booted of slots) {
    for (const next of slots) {
      for (const isTrial of [false, true, undefined]) {
        for (const hasReturned of [false, true]) yield { booted, next, isTrial, hasReturned };
      }
    }
  }
}

function printResolution(before: State, { transition, returnTo, reboot, problem }: SystemResolution): string {
  const { state, ending } = transition;
  return [
    JSON.stringify(state) === JSON.stringify(before) ? "unchanged" : `→ ${print(state)}`,
    ...(ending === undefined ? [] : [`outcome ${ending.result}: ${ending.why}`]),
    ...(returnTo === undefined ? [] : [`tells the boot loader: slot ${returnTo}`]),
    ...(reboot === true ? ["reboots"] : []),
    ...(problem === undefined ? [] : [`problem: ${problem}`]),
  ].join("; ");
}

/** Facts that come to the same are one line. */
function printBlock(state: State): string {
  const answers = new Map<string, string[]>();
  for (const facts of allFacts()) {
    const answer = printResolution(state, resolveSystemBoot(state, facts, contents));
    const trial = { true: ", trial", false: "", undefined: ", trial?" }[String(facts.isTrial)];
    const key = `boots ${facts.booted ?? "neither"}, next ${facts.next ?? "?"}${trial}${facts.hasReturned ? ", has returned" : ""}`;
    answers.set(answer, [...(answers.get(answer) ?? []), key]);
  }
  const lines = [...answers].map(([answer, keys]) => `  ${answer}\n${keys.map((key) => `      ${key}\n`).join("")}`);
  return `${print(state)}\n${lines.join("")}`;
}

test("resolveSystemBoot, every state with every boot", async () => {
  const golden = Bun.file(new URL("../golden/system-boot.txt", import.meta.url));
  const table = states.map(printBlock).join("\n");
  if (process.env["UPDATE_GOLDEN"] === "1") await Bun.write(golden, table);
  expect(table).toBe(await golden.text());
});

test("resolveSystemBoot never says that what runs is in the slot that does not run", () => {
  let looked = 0;
  for (const state of states) {
    for (const facts of allFacts()) {
      const { transition, reboot } = resolveSystemBoot(state, facts, contents);
      if (facts.booted === undefined || reboot === true || transition.state.name === "empty") continue;
      expect(transition.state.active?.slot).toBe(facts.booted);
      looked += 1;
    }
  }
  expect(looked).toBeGreaterThan(100);
});
