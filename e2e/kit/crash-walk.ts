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
  /** Only calls on paths below it count. */
  below: string;
  /** Makes everything as it was before. */
  prepare: () => Promise<void>;
  /** Runs it to its end or its cut; `prefix` stands before the command that is cut. */
  run: (prefix: readonly string[]) => Promise<void>;
  /** Throws where what is left is not as it has to be. */
  check: () => Promise<void>;
}

export interface WalkReport {
  points: number;
  /** The call before which it was cut, and what was wrong then. */
  broken: string[];
}

let built: Promise<string> | undefined;

/** The program that cuts, made once. */
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
export async function walk({ mode, below, prepare, run, check }: Walk): Promise<WalkReport> {
  const broken: string[] = [];
  const log = join(workshop, "crashpoint.log");
  for (let point = 1; point <= pointsMax; point++) {
    await prepare();
    await rm(log, { force: true });
    await run([await crashpoint(), "-n", String(point), "-m", mode, "-p", below, "-l", log, "--"]);
    const call = (await readFile(log, "utf8")).split("\n")[point - 1] ?? "";
    const wasCut = call.startsWith(`${point} `);
    try {
      await check();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      broken.push(`${wasCut ? call.replaceAll(`${below}/`, "") : "not cut"}: ${why}`);
    }
    if (!wasCut) return { points: point - 1, broken };
  }
  throw new Error(`Cannot end the walk: there are more than ${pointsMax} points`);
}
