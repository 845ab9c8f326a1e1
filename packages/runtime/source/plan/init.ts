// What the container's first program is: the image's init, or the one command of `oci.entrypoint`.
import type { Init, MetaHints } from "../model/plan.ts";
import { readCount } from "./limits.ts";
import { badValue, notSupported } from "./refusal.ts";
import type { Wish } from "./refusal.ts";
import { splitWords } from "./words.ts";

const idMax = 65_535;

export function readInit(config: Readonly<Record<string, string>>, meta: MetaHints | undefined, wish: Wish): Init {
  const argv = readCommand(config["oci.entrypoint"], wish);
  if (argv === undefined) {
    const stray = ["oci.cwd", "oci.gid", "oci.uid"].find((key) => config[key] !== undefined);
    if (stray === undefined) return { kind: "boot", argv: unusualInit(meta) };
    const why = 'goes with "oci.entrypoint", which is missing';
    throw notSupported(wish, stray, { why, next: "name the command there, or leave this out" });
  }
  const uid = readCount(config, "oci.uid", { wish, least: 0, most: idMax }) ?? 0;
  const gid = readCount(config, "oci.gid", { wish, least: 0, most: idMax }) ?? 0;
  if (wish.runtime === "nspawn" && (uid !== 0 || gid !== 0)) {
    const next = "use runtime: lxc, or let the command change its user itself";
    throw notSupported(wish, uid === 0 ? "oci.gid" : "oci.uid", { next });
  }
  return { kind: "command", argv, cwd: readDirectory(config["oci.cwd"], wish), uid, gid };
}

/** Where each runtime looks by itself. */
const usualInits = ["/sbin/init", "/usr/sbin/init", "/lib/systemd/systemd", "/usr/lib/systemd/systemd"];

function unusualInit(meta: MetaHints | undefined): readonly string[] | undefined {
  const [program, ...words] = meta?.initCommand ?? [];
  if (program === undefined || (words.length === 0 && usualInits.includes(program))) return undefined;
  return [program, ...words];
}

function readCommand(text: string | undefined, wish: Wish): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const words = splitWords(text);
  const expected =
    'a command with balanced quotes, such as "/usr/bin/app --port 80", that begins with an absolute path';
  const isAbsolute = words?.[0] !== undefined && isPlainPath(words[0]);
  if (words !== undefined && isAbsolute && !/\p{Cc}/u.test(text)) return words;
  throw badValue(wish, "oci.entrypoint", { shown: text, expected });
}

function readDirectory(text: string | undefined, wish: Wish): string {
  if (text === undefined) return "/";
  if (isPlainPath(text)) return text;
  throw badValue(wish, "oci.cwd", { shown: text, expected: 'an absolute path without "..", such as "/srv"' });
}

/** Absolute, without "." and ".." and control characters. */
function isPlainPath(path: string): boolean {
  return path.length <= 4096 && /^\/(?!(?:.*\/)?\.{1,2}(?:\/|$))[^\p{Cc}]*$/u.test(path);
}
