// The child's side of a job: one JSON document a line on standard output, the last one is "done" or "failed".
import { writeSync } from "node:fs";
import { parentDeathSignal } from "@host-service/disk";
import type { FilePart } from "./descriptor.ts";
import { codeOf, messageOf } from "./error.ts";

const killSignal = 9;
const reportIntervalMs = 50;

/** Runs the work of a job and turns its end into the last line and the exit status. */
export async function reportJob(
  argv: readonly string[],
  work: (part: FilePart) => Record<string, unknown> | Promise<Record<string, unknown>>,
): Promise<number> {
  try {
    // Also an orphan ends: nobody reads what it would find.
    if (!parentDeathSignal(killSignal)) return 1;
    print({ type: "done", ...(await work(parsePart(argv[0]))) });
    return 0;
  } catch (error) {
    print({ type: "failed", code: codeOf(error) ?? "", message: messageOf(error) });
    return 1;
  }
}

/** At most twenty lines a second; a line says that the job is alive, so it is called after progress only. */
export function progressPrinter(): (bytes: number) => void {
  let nextMs = 0;
  return (bytes) => {
    const nowMs = performance.now();
    if (nowMs < nextMs) return;
    nextMs = nowMs + reportIntervalMs;
    print({ type: "progress", bytes });
  };
}

/** How large the source is, where the job is the first to know. */
export function reportSource(bytes: number): void {
  print({ type: "source", bytes });
}

function print(line: Record<string, unknown>): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function parsePart(text: string | undefined): FilePart {
  const parameters: unknown = JSON.parse(text ?? "");
  if (typeof parameters === "object" && parameters !== null && "bytes" in parameters && "offset" in parameters) {
    const { bytes, offset } = parameters;
    if (isCount(bytes) && isCount(offset)) return { bytes, offset };
  }
  throw new Error(`Cannot start the job: "bytes" or "offset" is missing in ${JSON.stringify(text)}`);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
