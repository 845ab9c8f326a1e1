import { expect, test } from "bun:test";
import { lxcOf, nspawnOf, unitPropertiesOf } from "../../source/index.ts";
import type { Plan } from "../../source/index.ts";
import { examples } from "../kit/configs.ts";
import type { Example } from "../kit/configs.ts";
import { expectGolden } from "../kit/golden.ts";
import { places, planFrom } from "../kit/plans.ts";

/** What one runtime makes of a config.yaml, line by line, or its refusal. */
function outcome({ text, meta }: Example, runtime: "nspawn" | "lxc"): string[] {
  let plan: Plan;
  try {
    plan = planFrom(text, { runtime, ...(meta === undefined ? {} : { meta }) });
  } catch (error) {
    return [`refused: ${(error as Error).message}`];
  }
  const { argv, file } = writeFor(plan);
  return [...argv.map((word) => JSON.stringify(word)), "", ...file.split("\n"), ...unitPropertiesOf(plan)];
}

function writeFor(plan: Plan): { argv: string[]; file: string } {
  if (plan.runtime === "nspawn") {
    const { argv, settings } = nspawnOf(plan, places);
    return { argv, file: settings };
  }
  const { argv, configuration } = lxcOf(plan, places);
  return { argv, file: configuration };
}

/** Of every example but the first, what differs from it. */
function difference(lines: readonly string[], first: readonly string[]): string[] {
  const gone = first.filter((line) => !lines.includes(line)).map((line) => `- ${line}`);
  const come = lines.filter((line) => !first.includes(line)).map((line) => `+ ${line}`);
  return [...gone, ...come];
}

for (const runtime of ["nspawn", "lxc"] as const) {
  test(`planOf and the writer of ${runtime} make of every example what golden/${runtime}.txt says`, async () => {
    const outcomes = examples.map((example) => outcome(example, runtime));
    const [first = []] = outcomes;
    const parts = examples.map(({ name, text }, index) => {
      const lines = outcomes[index] ?? [];
      const isWhole = index === 0 || lines.length === 1;
      return `======== ${name}\n${text}--------\n${(isWhole ? lines : difference(lines, first)).join("\n")}\n`;
    });
    await expectGolden(`${runtime}.txt`, parts.join("\n"));
    expect(outcomes.filter((lines) => lines.length === 1).length).toBeLessThan(examples.length / 2);
  });
}
