// `trial:` of config.yaml: what an image says about its own trial.
import { array, number, optional, picklist, strictObject, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { parseDuration } from "./duration.ts";
import { refuse } from "./refusal.ts";

export interface Trial {
  commit: "manual" | "ready";
  boots: number;
  timeoutMs?: number;
  /** A command of the image that says whether it is well; so many times in a row, and it is committed. */
  health?: { command: string[]; passes: number; intervalMs: number };
}

const limits = {
  bootsMax: 100,
  timeoutMsMax: 30 * 86_400_000,
  passesMax: 1000,
  intervalMsMax: 86_400_000,
  commandWordsMax: 64,
  commandBytesMax: 4096,
};

const healthSchema = strictObject({
  command: array(string()),
  passes: optional(number()),
  interval: optional(string()),
});

export const trialSchema = strictObject({
  commit: optional(picklist(["manual", "ready"])),
  timeout: optional(string()),
  boots: optional(number()),
  health: optional(healthSchema),
});

export function readTrial(trial: InferOutput<typeof trialSchema>): Trial {
  const commit = trial.commit ?? "manual";
  if (trial.health !== undefined && commit === "manual") {
    throw refuse('"trial.health" says when a trial is committed; set "trial.commit" to "ready"');
  }
  return {
    commit,
    boots: readCount("trial.boots", trial.boots ?? 1, limits.bootsMax),
    ...(trial.timeout === undefined ? {} : { timeoutMs: readDuration("trial.timeout", trial.timeout, timeoutRule) }),
    ...(trial.health === undefined ? {} : { health: readHealth(trial.health) }),
  };
}

function readHealth({ command, passes, interval }: InferOutput<typeof healthSchema>): NonNullable<Trial["health"]> {
  const bytes = command.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
  const isUsable = command.length <= limits.commandWordsMax && bytes <= limits.commandBytesMax;
  if (!isUsable || !command.every((word) => !word.includes("\0")) || (command[0] ?? "") === "") {
    throw refuse(
      `"trial.health.command" has to be a list such as ["/usr/bin/healthy", "--quick"], with the program first, ` +
        `at most ${limits.commandWordsMax} words and ${limits.commandBytesMax} bytes`,
    );
  }
  return {
    command,
    passes: readCount("trial.health.passes", passes ?? 3, limits.passesMax),
    intervalMs: readDuration("trial.health.interval", interval ?? "10s", intervalRule),
  };
}

function readCount(key: string, count: number, countMax: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= countMax) return count;
  throw refuse(`"${key}" has to be a whole number from 1 to ${countMax}, got ${count}`);
}

const timeoutRule = { msMax: limits.timeoutMsMax, words: 'such as "10m", "90s" or "1h 30m", at most 30d' };
const intervalRule = { msMax: limits.intervalMsMax, words: 'such as "10s" or "1m 30s", at most 24h' };

function readDuration(key: string, text: string, rule: { msMax: number; words: string }): number {
  const durationMs = parseDuration(text);
  if (durationMs !== undefined && durationMs > 0 && durationMs <= rule.msMax) return durationMs;
  throw refuse(`"${key}" has to be a duration ${rule.words}, got ${JSON.stringify(text.slice(0, 64))}`);
}
