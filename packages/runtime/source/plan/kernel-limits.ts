// `limits.kernel.NAME`: setrlimit(2) of the container's first process.
import type { Limits } from "../model/plan.ts";
import { badValue, notGranted } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

const prefix = "limits.kernel.";
const kernelLimits: readonly string[] = [
  "as",
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
];

/** Whoever may raise these takes time from the host: it is what CAP_SYS_NICE gives. */
const priorities = new Set(["nice", "rtprio"]);

export function readKernelLimits(config: Readonly<Record<string, string>>, wish: Wish): Limits["kernel"] {
  const limits = new Map<string, { soft: number | "unlimited"; hard: number | "unlimited" }>();
  for (const [key, value] of Object.entries(config)) {
    if (!key.startsWith(prefix)) continue;
    const name = key.slice(prefix.length);
    if (!kernelLimits.includes(name)) {
      throw badValue(wish, key, { expected: `one of ${kernelLimits.map((known) => prefix + known).join(", ")}` });
    }
    if (priorities.has(name) && !wish.grant.capabilities.includes("CAP_SYS_NICE")) {
      throw notGranted(wish, key, { key: "capabilities", word: "CAP_SYS_NICE" });
    }
    limits.set(name, readPair(key, value, wish));
  }
  return limits;
}

function readPair(key: string, value: string, wish: Wish) {
  const [soft, hard, ...more] = value.split(":").map(readOne);
  const upper = hard ?? soft;
  const ordered = upper === "unlimited" || (soft !== "unlimited" && Number(soft) <= Number(upper));
  if (soft !== undefined && upper !== undefined && more.length === 0 && ordered) return { soft, hard: upper };
  throw badValue(wish, key, { shown: value, expected: 'a number, "soft:hard" or "unlimited"' });
}

function readOne(text: string): number | "unlimited" | undefined {
  if (text === "unlimited") return text;
  if (!/^\d{1,15}$/u.test(text)) return Number.NaN;
  return Number(text);
}
