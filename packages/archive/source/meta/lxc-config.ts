// `config` of the flat LXC convention (lxc.container.conf(5)): lines of "key = value". A few keys say how the image's own programs are
// started and stopped; all others are privileges or things of the host, and are listed, not obeyed.
import { checkArchitecture } from "./fit.ts";
import type { MetaContext, MetaHints } from "./metadata.ts";
import { clean, refuseMeta } from "./refusal.ts";

export interface LxcConfig {
  hints: MetaHints;
  used: string[];
  ignored: string[];
}

type Take = (hints: MetaHints, value: string) => boolean;

const signal =
  (member: "haltSignal" | "rebootSignal" | "stopSignal"): Take =>
  (hints, value) => {
    if (!/^(?:SIG[A-Z]+\d*(?:[+-]\d{1,2})?|[1-9]\d?)$/u.test(value)) return false;
    hints[member] = value;
    return true;
  };

const number =
  (member: "ttyMax" | "ptyMax"): Take =>
  (hints, value) => {
    if (!/^\d{1,6}$/u.test(value)) return false;
    hints[member] = Number(value);
    return true;
  };

/** Each answers false for a value that makes no sense. */
const taken: Readonly<Record<string, Take>> = {
  "lxc.init.cmd": (hints, value) => {
    const words = value.match(/"[^"]*"|'[^']*'|\S+/gu)?.map((word) => word.replace(/^(["'])(.*)\1$/u, "$2")) ?? [];
    if (words[0]?.startsWith("/") !== true) return false;
    hints.initCommand = words;
    return true;
  },
  "lxc.environment": (hints, value) => {
    // A name alone would take over the value that the host has.
    const [, name, contents] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/u.exec(value) ?? [];
    if (name === undefined || contents === undefined) return false;
    (hints.environment ??= {})[name] = contents;
    return true;
  },
  "lxc.signal.halt": signal("haltSignal"),
  "lxc.signal.reboot": signal("rebootSignal"),
  "lxc.signal.stop": signal("stopSignal"),
  "lxc.tty.max": number("ttyMax"),
  "lxc.pty.max": number("ptyMax"),
  "lxc.uts.name": (hints, value) => {
    if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/u.test(value)) return false;
    hints.hostname = value;
    return true;
  },
};

/** `name` is the member's; its text has its words replaced. */
export function readLxcConfig(
  lines: readonly string[],
  name: string,
  { architecture }: Pick<MetaContext, "architecture">,
): LxcConfig {
  const hints: MetaHints = {};
  const [used, ignored] = [new Set<string>(), new Set<string>()];
  for (const line of lines) {
    if (line.startsWith("#")) continue;
    const [, key, value] = /^([^=\s]+)\s*=\s*(.*)$/u.exec(line) ?? [];
    if (key === undefined || value === undefined) {
      throw refuseMeta(`${name} has a line that is not "key = value": ${JSON.stringify(clean(line, 80))}`);
    }
    // An empty value takes back what was said before, as there.
    if (value === "") continue;
    if (/\p{Cc}/u.test(value)) throw refuseMeta(`${name}: the value of ${clean(key)} has a control character`);
    if (key === "lxc.arch") checkArchitecture(value, key, architecture);
    else if (!Object.hasOwn(taken, key)) {
      ignored.add(clean(key));
      continue;
    } else if (taken[key]?.(hints, value) === false) {
      // The value may be a secret.
      ignored.add(key);
      continue;
    }
    used.add(key);
  }
  return { hints, used: [...used].toSorted(), ignored: [...ignored].toSorted() };
}
