// `security.syscalls.deny`: names, or groups as systemd has them ("@clock").
import { badValue, notSupported } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

const key = "security.syscalls.deny";

export function readDeniedCalls(config: Readonly<Record<string, string>>, wish: Wish): readonly string[] {
  const words = (config[key] ?? "").split(/\s+/u).filter((word) => word !== "");
  if (words.length === 0) return [];
  if (wish.runtime !== "nspawn") throw notSupported(wish, key, { next: "use runtime: nspawn, or leave it out" });
  const stray = words.find((word) => !/^@?[a-z0-9_-]{1,64}$/u.test(word));
  if (stray === undefined) return words;
  throw badValue(wish, key, { shown: stray, expected: 'names of system calls, such as "swapon @clock"' });
}
