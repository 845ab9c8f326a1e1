import { CrashDisk, CrashError } from "./crash-disk.ts";
import type { Reading } from "./survival.ts";

export interface CrashPoint {
  /** How many operations were done. */
  done: number;
  /** The operation that never began; undefined when the crash came after the last one. */
  before: string | undefined;
  reading: Reading;
  /** What was acknowledged before the crash. */
  acknowledged: readonly string[];
  /** The run had ended: all that it promised by ending has to be there. */
  finished: boolean;
}

export interface Enumeration {
  seed: number;
  /** The disk at the beginning, all of it durable; an empty `/` unless said. It is not changed. */
  from?: CrashDisk;
  /** How many `mixed` readings of each crash; 4 unless said. */
  mixedReadings?: number;
}

const operationsMax = 10_000;

/**
 * Runs it once for each instant at which the power can go, and once to its end, each time on a fresh disk, and gives
 * `check` everything that can be left then. Throws what `check` threw, with the crash point in front. Answers how many
 * crashes and leftovers it looked at, so that a test can see that there were some.
 */
export async function enumerateCrashes(
  run: (disk: CrashDisk) => Promise<void>,
  options: Enumeration,
  check: (survivor: CrashDisk, point: CrashPoint) => Promise<void>,
): Promise<{ crashes: number; survivors: number }> {
  const beginning = options.from ?? new CrashDisk();
  let survivors = 0;
  for (let crashBefore = 0; crashBefore < operationsMax; crashBefore += 1) {
    const disk = beginning.survivor("kept", { seed: options.seed, crashBefore });
    const before = await crashOf(run, disk);
    const point = { done: disk.operations.length, before, acknowledged: disk.acknowledged, finished: !disk.isCrashed };
    for (const [index, reading] of readings(options.mixedReadings ?? 4).entries()) {
      survivors += 1;
      const survivor = disk.survivor(reading, { seed: options.seed + 1000 * crashBefore + index });
      await checked(check, survivor, { ...point, reading });
    }
    if (!disk.isCrashed) return { crashes: crashBefore, survivors };
  }
  throw new Error(`Cannot enumerate the crashes: the run did not end within ${operationsMax} operations`);
}

function readings(mixed: number): Reading[] {
  return ["kept", "lost", "torn", ...Array.from({ length: mixed }, (): Reading => "mixed")];
}

// Whatever the run makes of it: a disk that has crashed does nothing more.
async function crashOf(run: (disk: CrashDisk) => Promise<void>, disk: CrashDisk): Promise<string | undefined> {
  try {
    await run(disk);
  } catch (error) {
    if (!disk.isCrashed) throw error;
    return error instanceof CrashError ? error.message : String(error);
  }
  return disk.isCrashed ? "the run went on after the power went" : undefined;
}

async function checked(
  check: (survivor: CrashDisk, point: CrashPoint) => Promise<void>,
  survivor: CrashDisk,
  point: CrashPoint,
): Promise<void> {
  try {
    await check(survivor, point);
  } catch (error) {
    const instant = point.before ?? "the power went after the end";
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`After ${point.done} operations (${instant}; ${point.reading}): ${what}`, { cause: error });
  }
}
