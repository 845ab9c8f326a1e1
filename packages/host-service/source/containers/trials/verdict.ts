// Whether a trial is over although nobody said so: from what was seen, to why.
import { describeEnding, isFailure } from "@host-service/runtime/units";
import type { Ending, UnitStatus } from "@host-service/runtime/units";
import type { InstanceConfig } from "@host-service/archive";
import type { TrialEnd } from "@host-service/slots";
import { inWords } from "./in-words.ts";

export interface Seen {
  trial: InstanceConfig["trial"];
  /** On CLOCK_BOOTTIME, as everything here. */
  beganAtMs: number;
  nowMs: number;
  /** Those of this trial. */
  endings: readonly Ending[];
  unit: UnitStatus | undefined;
  /** How the last health check failed, if it did. */
  problem: string | undefined;
}

export interface VerdictLimits {
  trialEndingsMax: number;
  trialEndingsWithinMs: number;
}

/** The first reason that holds; undefined while the trial may go on. */
export function verdictOf(seen: Seen, limits: VerdictLimits): Omit<TrialEnd, "imageId"> | undefined {
  return loopOf(seen, limits) ?? givenUp(seen) ?? timedOut(seen);
}

function loopOf({ endings }: Seen, limits: VerdictLimits): Omit<TrialEnd, "imageId"> | undefined {
  const { trialEndingsMax: count, trialEndingsWithinMs: withinMs } = limits;
  const failures = endings.filter((ending) => isFailure(ending));
  for (const [index, last] of failures.entries()) {
    const first = failures[index + 1 - count];
    if (first === undefined || last.bootTimeMs - first.bootTimeMs > withinMs) continue;
    const times = count === 1 ? "once" : `${count} times within ${inWords(withinMs)}`;
    return { result: "failed", why: `it ended ${times}, the last time ${describeEnding(last)}` };
  }
  return undefined;
}

/** systemd does not start it any more; or it ended by itself, for which nobody starts it again. */
function givenUp({ unit, endings }: Seen): Omit<TrialEnd, "imageId"> | undefined {
  const final = endings.at(-1);
  if (unit?.state === "stopped" && final?.asked === false) {
    return { result: "failed", why: `it ended by itself, ${describeEnding(final)}, and is not started again` };
  }
  if (unit?.state !== "failed") return undefined;
  const last = endings.findLast((ending) => isFailure(ending)) ?? unit.ended;
  const how = last === undefined ? "" : `; it ended ${describeEnding(last)}`;
  return { result: "failed", why: `its unit failed and is not started again${how}` };
}

function timedOut({ trial, beganAtMs, nowMs, problem }: Seen): Omit<TrialEnd, "imageId"> | undefined {
  if (trial.timeoutMs === undefined || nowMs - beganAtMs < trial.timeoutMs) return undefined;
  const within = `within ${inWords(trial.timeoutMs)}`;
  if (trial.commit === "manual") return { result: "rolled-back", why: `nobody committed it ${within}` };
  if (trial.health === undefined) return { result: "rolled-back", why: `it did not say that it is ready ${within}` };
  const { passes } = trial.health;
  const often = passes === 1 ? "" : ` ${passes} times in a row`;
  const last = problem === undefined ? "" : `: ${problem}`;
  return { result: "rolled-back", why: `its health check did not pass${often} ${within}${last}` };
}
