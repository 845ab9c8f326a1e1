// Runs something again and again, cut off at its 1st, 2nd, 3rd … call that changes a file, until a run is no longer cut; after
// each a check looks at what is left. The cutting is tools/crashpoint.c's.
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { workshop } from "./images.ts";
import { must } from "./run.ts";

/** "before" kills before the call, "short" lets a write do half of its bytes first. */
export type CutMode = "before" | "short";

export interface Walk {
  mode: CutMode;
  /** Only calls on paths below it, or that begin with one of them, count. */
  below: string | readonly string[];
  /** Makes everything as it was before. */
  prepare: () => Promise<void>;
  /** Runs it to its end or its cut; `prefix` stands before the command that is cut. */
  run: (prefix: readonly string[]) => Promise<void>;
  /** Throws where what is left is not as it has to be. */
  check: () => Promise<void>;
  /** Where it is cut, when that is another machine than the one that walks. */
  place?: CrashPlace;
}

interface CrashPlace {
  /** The path of `crashpoint()` there. */
  program: string;
  /** Where the calls are noted. */
  log: string;
  readLog: () => Promise<string>;
}

export interface WalkReport {
  points: number;
  /** The call before which it was cut, and what was wrong then. */
  broken: string[];
}

let built: Promise<string> | undefined;

/** The program that cuts, built once. */
export function crashpoint(): Promise<string> {
  built ??= (async () => {
    const path = join(workshop, "crashpoint");
    await must(["cc", "-O2", "-o", path, join(import.meta.dirname, "../tools/crashpoint.c")]);
    return path;
  })();
  return built;
}

const pointsMax = 2000;

/** After the last point, which is the run that was not cut, everything is as the check left it. */
export async function walk({ mode, below, prepare, run, check, place }: Walk): Promise<WalkReport> {
  const broken: string[] = [];
  const { program, log, readLog } = place ?? (await here());
  const counted = [below].flat();
  for (let point = 1; point <= pointsMax; point++) {
    await prepare();
    const options = ["-n", String(point), "-m", mode, ...counted.flatMap((path) => ["-p", path]), "-l", log];
    await run([program, ...options, "--"]);
    const call = (await readLog()).split("\n")[point - 1] ?? "";
    const wasCut = call.startsWith(`${point} `);
    try {
      await check();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const shown = typeof below === "string" ? call.replaceAll(`${below}/`, "") : call;
      broken.push(`${wasCut ? shown : "not cut"}: ${why}`);
    }
    if (!wasCut) return { points: point - 1, broken };
  }
  throw new Error(`Cannot end the walk: there are more than ${pointsMax} points`);
}

async function here(): Promise<CrashPlace> {
  const log = join(workshop, "crashpoint.log");
  await rm(log, { force: true });
  return { program: await crashpoint(), log, readLog: () => readFile(log, "utf8") };
}
