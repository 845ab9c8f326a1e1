import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { count, type Results } from "./report.ts";

export const root = path.resolve(import.meta.dirname, "..");
const reports = path.join(root, ".cache/reports");

interface Suite {
  files: readonly string[];
  but?: RegExp;
  /** How long one test may take: the machine may be busy. */
  timeoutMs: number;
}

const machines = /^e2e\/(?:device|vm)\//;

/** What each kind of test is made of. The e2e tiers: the compiled program alone, on a real systemd in namespaces, in a virtual machine. */
const suites = {
  unit: {
    files: [
      "packages/*/test/**/*.test.ts",
      "packaging/test/**/*.test.ts",
      "fixtures/test/**/*.test.ts",
      "tasks/test/**/*.test.ts",
    ],
    timeoutMs: 30_000,
  },
  "e2e:fast": { files: ["e2e/**/*.test.ts"], but: machines, timeoutMs: 180_000 },
  "e2e:device": { files: ["e2e/device/**/*.test.ts"], timeoutMs: 300_000 },
  "e2e:vm": { files: ["e2e/vm/**/*.test.ts"], timeoutMs: 1_200_000 },
} as const satisfies Record<string, Suite>;

export type SuiteName = keyof typeof suites;

/** The suites that a word on the command line stands for; undefined where it is none. "e2e" is what `npm test` runs of it. */
export function suitesOf(word: string): SuiteName[] | undefined {
  if (word === "e2e") return ["e2e:fast"];
  return isSuiteName(word) ? [word] : undefined;
}

export const suiteNames = Object.keys(suites).filter(isSuiteName);

function isSuiteName(name: string): name is SuiteName {
  return Object.hasOwn(suites, name);
}

/** Runs one suite and counts it by its report. All lines of the tests go out as they come, or only failures are kept. */
export async function runSuite(name: SuiteName, lines: "all" | "only failures"): Promise<Results & { output: string }> {
  const { files, but, timeoutMs }: Suite = suites[name];
  const found = (await matching(files)).filter((file) => but?.test(file) !== true);
  if (found.length === 0) return { ...count(undefined, [], 1), output: `Cannot test ${name}: there are no tests\n` };
  const report = path.join(reports, `${name.replace(":", "-")}.xml`);
  await mkdir(reports, { recursive: true });
  await rm(report, { force: true });
  const flags = [`--timeout=${timeoutMs}`, "--reporter=junit", `--reporter-outfile=${report}`];
  if (lines === "only failures") flags.push("--only-failures");
  const output = lines === "all" ? "inherit" : "pipe";
  const command = [process.execPath, "test", ...flags, ...found.map((file) => `./${file}`)];
  // chroot, mkfs and their like are not on everybody's path.
  const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
  const child = Bun.spawn(command, { cwd: root, env, stdin: "ignore", stdout: output, stderr: output });
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), child.exited]);
  const written = Bun.file(report);
  const results = count((await written.exists()) ? await written.text() : undefined, found, status);
  return { ...results, output: `${out}${err}` };
}

async function matching(patterns: readonly string[]): Promise<string[]> {
  const found = patterns.map((pattern) => Array.fromAsync(new Bun.Glob(pattern).scan({ cwd: root })));
  return (await Promise.all(found)).flat().toSorted();
}

async function text(stream: ReadableStream<Uint8Array> | undefined): Promise<string> {
  return stream === undefined ? "" : new Response(stream).text();
}
