import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { count, type Results } from "./report.ts";

export const root = path.resolve(import.meta.dirname, "..");
const reports = path.join(root, ".cache/reports");

/** What each kind of test is made of, and how long one test may take: the machine may be busy. */
const suites = {
  unit: {
    files: ["packages/*/test/**/*.test.ts", "fixtures/test/**/*.test.ts", "tasks/test/**/*.test.ts"],
    timeoutMs: 30_000,
  },
  e2e: { files: ["e2e/**/*.test.ts"], timeoutMs: 180_000 },
} as const;

export type SuiteName = keyof typeof suites;

export function isSuiteName(name: string): name is SuiteName {
  return Object.hasOwn(suites, name);
}

/** Runs one suite and counts it by its report. All lines of the tests go out as they come, or only failures are kept. */
export async function runSuite(name: SuiteName, lines: "all" | "only failures"): Promise<Results & { output: string }> {
  const { files, timeoutMs } = suites[name];
  const found = await matching(files);
  if (found.length === 0) return { ...count(undefined, [], 1), output: `Cannot test ${name}: there are no tests\n` };
  const report = path.join(reports, `${name}.xml`);
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
