// `bun run test [unit|e2e]`: the unit tests, then a build, then the end-to-end tests against it.
// The last line is counted from the reports of the runs.

import { build } from "./build.ts";
import { add, type Results, summary } from "./report.ts";
import { isSuiteName, runSuite, type SuiteName } from "./suite.ts";

const nothing: Results = { passed: 0, failed: 0, skipped: [] };
const broken: Results = { passed: 0, failed: 1, skipped: [] };

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !isSuiteName(name));
if (unknown !== undefined) {
  process.stderr.write(`Cannot test "${unknown}": there are unit, e2e\n`);
  process.exit(2);
}

const names: SuiteName[] = asked.length === 0 ? ["unit", "e2e"] : asked.filter(isSuiteName);
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
  if (name === "e2e" && !(await build())) return broken;
  const { output, ...results } = await runSuite(name, "all");
  process.stdout.write(output);
  return results;
}
