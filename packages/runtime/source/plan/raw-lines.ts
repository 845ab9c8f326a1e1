// `raw.lxc`: lines that LXC reads as they are. Whoever may write them is root of the host, so they are granted as a whole.
import { badValue, notGranted, notSupported } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

const key = "raw.lxc";

export function readRawLines(config: Readonly<Record<string, string>>, wish: Wish): readonly string[] {
  const text = config[key];
  if (text === undefined) return [];
  if (wish.runtime !== "lxc") throw notSupported(wish, key, { next: "use runtime: lxc, or leave it out" });
  if (!wish.grant.rawOptions) throw notGranted(wish, key, { key: "rawOptions" });
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const stray = lines.find((line) => !/^lxc\.[a-z0-9_.-]+ *=[^\p{Cc}]*$/u.test(line));
  if (stray === undefined) return lines;
  throw badValue(wish, key, { shown: stray, expected: 'lines such as "lxc.tty.max = 2"' });
}
