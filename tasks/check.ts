// `bun run check`: everything that gates a change. Each step is one line, and what it said when it failed.

import path from "node:path";
import { summary } from "./report.ts";
import { root, runSuite } from "./suite.ts";

interface Outcome {
  readonly ok: boolean;
  readonly note: string;
  readonly output: string;
}

const steps: readonly (readonly [name: string, run: () => Promise<Outcome>])[] = [
  ["types", () => tool("tsc", ["-b"])],
  ["lint", () => tool("oxlint", ["--type-aware", "--deny-warnings"])],
  ["format", () => tool("oxfmt", ["--check"])],
  ["unused", () => tool("knip", ["--no-progress", "--no-config-hints"])],
  ["unit tests and repository rules", unitTests],
];

const failed: string[] = [];
for (const [name, run] of steps) {
  const started = performance.now();
  const { ok, note, output } = await run();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (!ok) {
    failed.push(name);
    process.stdout.write(output);
  }
  process.stdout.write(`${ok ? "ok" : "FAILED"}  ${name}${note}  ${seconds} s\n`);
}
if (failed.length > 0) {
  process.stdout.write(`Cannot pass the check: ${failed.join(", ")}\n`);
  process.exitCode = 1;
}

async function tool(name: string, args: readonly string[]): Promise<Outcome> {
  // The tools' own entry files are for Node.js, which a machine with only Bun does not have.
  const command = [process.execPath, "--bun", path.join(root, "node_modules/.bin", name), ...args];
  const child = Bun.spawn(command, { cwd: root, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { ok: status === 0, note: "", output: `${out}${err}` };
}

async function unitTests(): Promise<Outcome> {
  const results = await runSuite("unit", "only failures");
  return { ok: results.failed === 0, note: `: ${summary(results)}`, output: results.output };
}
