// `bun run bench [name…]`: what each scenario takes, beside what a user would take in its place. See README.md.
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { cleanUp, cleanUpWhenEnded } from "./kit/cleanup.ts";
import { type Report, textOf } from "./kit/report.ts";
import { run } from "./kit/run.ts";
import { type Bench, makeDirectory, root } from "./kit/workplace.ts";
import { body } from "./scenarios/body.ts";
import { files } from "./scenarios/file-systems.ts";
import { growth } from "./scenarios/growth.ts";
import { guests } from "./scenarios/guests.ts";
import { containers, install } from "./scenarios/install.ts";
import { memory } from "./scenarios/memory.ts";
import { start } from "./scenarios/start.ts";
import { upgrade } from "./scenarios/upgrade.ts";

const scenarios = new Map<string, { needsRoot: boolean; measure: (bench: Bench) => Promise<Report> }>([
  ["start", { needsRoot: false, measure: start }],
  ["body", { needsRoot: false, measure: body }],
  ["files", { needsRoot: true, measure: files }],
  ["install", { needsRoot: true, measure: install }],
  ["containers", { needsRoot: true, measure: containers }],
  ["upgrade", { needsRoot: true, measure: upgrade }],
  ["guests", { needsRoot: true, measure: guests }],
  ["memory", { needsRoot: false, measure: memory }],
  ["growth", { needsRoot: false, measure: growth }],
]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    directory: { type: "string", default: "/var/tmp" },
    dist: { type: "string" },
  },
});
const unknown = positionals.find((name) => !scenarios.has(name));
if (unknown !== undefined) {
  process.stderr.write(`Cannot measure "${unknown}": there are ${[...scenarios.keys()].join(", ")}\n`);
  process.exit(2);
}
cleanUpWhenEnded();
try {
  await main();
} finally {
  cleanUp();
}

async function main(): Promise<void> {
  const entry = path.join(root, "packages/executable/compile/main.ts");
  if (values.dist === undefined) await run([process.execPath, entry]);
  const rounds = Number.parseInt(values.rounds, 10);
  const dist = path.resolve(values.dist ?? path.join(root, "dist"));
  const bench: Bench = { rounds, directory: makeDirectory(values.directory), dist };
  const names = positionals.length === 0 ? [...scenarios.keys()] : positionals;
  const reports: Record<string, Report> = {};
  process.stdout.write(`${machine()}, ${rounds} rounds\n`);
  for (const name of names) {
    const scenario = scenarios.get(name);
    if (scenario === undefined) continue;
    process.stdout.write(`\n## ${name}\n\n`);
    if (scenario.needsRoot && process.geteuid?.() !== 0) {
      process.stdout.write("Not run: it takes root.\n");
      continue;
    }
    const report = await scenario.measure(bench);
    reports[name] = report;
    process.stdout.write(textOf(report));
  }
  const results = path.join(import.meta.dirname, "results");
  mkdirSync(results, { recursive: true });
  const file = path.join(results, `${new Date().toISOString().replaceAll(":", "-")}.json`);
  writeFileSync(file, `${JSON.stringify({ machine: machine(), rounds, reports }, undefined, 2)}\n`);
  process.stdout.write(`\nAll rounds: ${path.relative(root, file)}\n`);
}

function machine(): string {
  const [cpu] = os.cpus();
  const load = os.loadavg()[0]?.toFixed(1);
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${os.cpus().length} × ${cpu?.model.trim() ?? os.arch()}, Linux ${os.release().split(".", 2).join(".")}, Bun ${Bun.version}, load ${load}`;
}
