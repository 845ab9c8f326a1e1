// `bun run test [unit|e2e:fast|e2e:device|e2e:vm]`: without a name the unit tests, then a build, then the fast end-to-end tests against it.
// The last line is counted from the reports of the runs.

import { build } from "./build.ts";
import { add, type Results, summary } from "./report.ts";
import { runSuite, type SuiteName, suiteNames, suitesOf } from "./suite.ts";

const nothing: Results = { passed: 0, failed: 0, skipped: [] };
const broken: Results = { passed: 0, failed: 1, skipped: [] };

const asked = process.argv.slice(2);
const unknown = asked.find((word) => suitesOf(word) === undefined);
if (unknown !== undefined) {
  process.stderr.write(`Cannot test "${unknown}": there are ${suiteNames.join(", ")}\n`);
  process.exit(2);
}

const names: SuiteName[] = (asked.length === 0 ? ["unit", "e2e"] : asked).flatMap((word) => suitesOf(word) ?? []);
let total = nothing;
for (const name of names) {
  const results = await test(name);
  process.stdout.write(`${name}: ${summary(results)}\n`);
  total = add(total, results);
}
for (const reason of total.skipped) process.stdout.write(`skipped: ${reason}\n`);
process.stdout.write(`${summary(total)}\n`);
process.exitCode = total.failed === 0 ? 0 : 1;

async function test(name: SuiteName): Promise<Results> {
  if (name !== "unit" && !(await build())) return broken;
  const { output, ...results } = await runSuite(name, "all");
  process.stdout.write(output);
  return results;
}
