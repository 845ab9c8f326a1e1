// Memory, processors, processes: what the container's unit keeps, whichever runtime is in it.
import type { Limits } from "../model/plan.ts";
import { readKernelLimits } from "./kernel-limits.ts";
import { badValue, isOn, notSupported } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

type Config = Readonly<Record<string, string>>;

export function readLimits(config: Config, wish: Wish): Limits {
  const memory = config["limits.memory"];
  const processes = readCount(config, "limits.processes", { wish, least: 1, most: 4_194_304 });
  const priority = readCount(config, "limits.disk.priority", { wish, least: 0, most: 10 });
  return {
    memory: memory === undefined ? undefined : readMemory(memory, wish),
    memoryEnforce: readEnforce(config, wish),
    swap: readSwap(config["limits.memory.swap"], wish),
    oomScoreAdjust: readOomScore(config["limits.memory.oom_priority"], {
      wish,
      isPrivileged: isOn(config["security.privileged"]),
    }),
    ...readProcessors(config, wish),
    // Incus: 0 to 10, with 5 as the usual; systemd: 100 is the usual.
    ioWeight: priority === undefined ? undefined : Math.max(10, priority * 20),
    processes,
    kernel: readKernelLimits(config, wish),
  };
}

const powers = ["", "k", "m", "g", "t", "p", "e"];

/** Bytes of "512MiB", "1.5GB" or "1024"; undefined for anything else. */
function parseSize(text: string): number | undefined {
  const match = /^(\d{1,18}(?:[.]\d{1,9})?)([kMGTPE]?)(i?)B?$/u.exec(text);
  if (match === null) return undefined;
  const [, number = "", letter = "", binary = ""] = match;
  const bytes = Math.floor(Number(number) * (binary === "i" ? 1024 : 1000) ** powers.indexOf(letter.toLowerCase()));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A container that may have less could not even start. */
const memoryBytesMin = 1024 * 1024;

function readMemory(text: string, wish: Wish): { bytes: number } | { percent: number } {
  const key = "limits.memory";
  const expected = 'a size of at least 1MiB such as "512MiB", or a share of the host\'s memory from "1%" to "100%"';
  if (text.endsWith("%")) {
    const percent = Number(text.slice(0, -1));
    if (Number.isInteger(percent) && percent >= 1 && percent <= 100) return { percent };
    throw badValue(wish, key, { shown: text, expected });
  }
  const bytes = parseSize(text);
  if (bytes === undefined || bytes < memoryBytesMin) throw badValue(wish, key, { shown: text, expected });
  return { bytes };
}

function readEnforce(config: Config, wish: Wish): "hard" | "soft" {
  const value = config["limits.memory.enforce"] ?? "hard";
  if (value === "soft" && config["limits.memory"] === undefined) {
    const why = 'goes with "limits.memory", which is missing';
    throw notSupported(wish, "limits.memory.enforce", { why, next: "state the size there, or leave this out" });
  }
  if (value === "hard" || value === "soft") return value;
  throw badValue(wish, "limits.memory.enforce", { shown: value, expected: '"hard" or "soft"' });
}

function readSwap(text: string | undefined, wish: Wish): Limits["swap"] {
  if (text === undefined || text === "true") return undefined;
  if (text === "false") return false;
  const bytes = parseSize(text);
  if (bytes !== undefined) return { bytes };
  throw badValue(wish, "limits.memory.swap", { shown: text, expected: '"true", "false" or a size such as "512MiB"' });
}

function readOomScore(
  text: string | undefined,
  { wish, isPrivileged }: { wish: Wish; isPrivileged: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  const key = "limits.memory.oom_priority";
  const score = /^-?\d{1,4}$/u.test(text) ? Number(text) : Number.NaN;
  if (!(score >= -1000 && score <= 1000)) {
    throw badValue(wish, key, { shown: text, expected: "a whole number from 0 to 1000" });
  }
  if (score >= 0 && (wish.runtime !== "nspawn" || isPrivileged)) return score;
  if (score >= 0) {
    const why = "systemd-nspawn cannot do for a container with ids of its own";
    throw notSupported(wish, key, { why, next: "use runtime: lxc, or leave it out" });
  }
  const why = "would have the kernel end the host's programs first";
  throw notSupported(wish, key, { why, next: "give a number from 0 to 1000" });
}

function readProcessors(
  config: Config,
  wish: Wish,
): Pick<Limits, "cpus" | "cpuSet" | "cpuQuotaPeriodMs" | "cpuWeight"> {
  const { cpus, cpuSet } = readProcessorList(config["limits.cpu"], wish);
  const allowance = readAllowance(config["limits.cpu.allowance"], wish);
  const share = "cpus" in allowance ? allowance.cpus : undefined;
  const least = share === undefined ? cpus : Math.min(share, cpus ?? share);
  return {
    cpus: least,
    cpuSet,
    cpuQuotaPeriodMs: "periodMs" in allowance ? allowance.periodMs : undefined,
    cpuWeight: "weight" in allowance ? allowance.weight : undefined,
  };
}

function readProcessorList(text: string | undefined, wish: Wish): { cpus?: number; cpuSet?: string } {
  if (text === undefined) return {};
  const expected = 'a number of processors such as "2", or their numbers such as "0-1" or "0,3"';
  if (/^\d{1,4}$/u.test(text)) {
    const cpus = Number(text);
    if (cpus >= 1) return { cpus };
    throw badValue(wish, "limits.cpu", { shown: text, expected });
  }
  const ranges = text.split(",").map((range) => /^(\d{1,4})(?:-(\d{1,4}))?$/u.exec(range));
  const fits = ranges.every((range) => range !== null && Number(range[2] ?? range[1]) >= Number(range[1]));
  if (fits && text.length <= 256) return { cpuSet: text };
  throw badValue(wish, "limits.cpu", { shown: text, expected });
}

/** Incus: "50%" is a share while others want time as well, "25ms/100ms" is never more than that. */
function readAllowance(
  text: string | undefined,
  wish: Wish,
): { weight: number } | { cpus: number; periodMs: number } | Record<string, never> {
  if (text === undefined) return {};
  const share = /^(\d{1,3})%$/u.exec(text);
  const weight = Number(share?.[1] ?? Number.NaN);
  if (weight >= 1 && weight <= 100) return { weight };
  const time = /^(\d{1,6})ms\/(\d{1,6})ms$/u.exec(text);
  const [quotaMs, periodMs] = [Number(time?.[1] ?? Number.NaN), Number(time?.[2] ?? Number.NaN)];
  // What the kernel takes as a period.
  if (quotaMs >= 1 && periodMs >= 1 && periodMs <= 1000) return { cpus: quotaMs / periodMs, periodMs };
  const expected = 'a share from "1%" to "100%", or a time such as "25ms/100ms" with a period of at most 1000ms';
  throw badValue(wish, "limits.cpu.allowance", { shown: text, expected });
}

/** A whole number between two; undefined where the key is missing. */
export function readCount(
  config: Config,
  key: string,
  { wish, least, most }: { wish: Wish; least: number; most: number },
): number | undefined {
  const text = config[key];
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw badValue(wish, key, { shown: text, expected: `a whole number from ${least} to ${most}` });
}
