// Names that are left out: of the list "excludes" of a metadata archive, as lxc-create gives it to `tar --anchored
// --exclude-from`: from the root, "*" and "?" match "/" as well, and what lies below a name that is left out is left out with it.
import type { ByteString } from "../tar/byte-string.ts";

export const excludeLimits = {
  patternsMax: 4096,
  /** Each is tried on each name. */
  wildcardsMax: 256,
  patternBytesMax: 4095,
};

/** Answers why it cannot be used, or the pattern without its leading "./". */
export function checkedPattern(pattern: ByteString): { pattern: ByteString } | { problem: string } {
  const parts = pattern.split("/").filter((part) => part !== "" && part !== ".");
  if (pattern.includes("\0")) return { problem: "it has a zero byte" };
  if (pattern.length > excludeLimits.patternBytesMax) return { problem: "it is too long" };
  if (parts.includes("..")) return { problem: 'it has ".."' };
  if (/[[\]{}\\!]/u.test(pattern)) return { problem: 'it has more than names, "*" and "?"' };
  // Whatever the names in the root are called, such a pattern matches them or what is below them.
  if (/^[*?/.]*$/u.test(parts.join("/"))) return { problem: "it would leave out everything" };
  return { pattern: parts.join("/") };
}

export class Excludes {
  readonly #names = new Set<ByteString>();
  readonly #wildcards: ByteString[] = [];

  /** Of checked patterns. */
  constructor(patterns: readonly ByteString[]) {
    for (const pattern of patterns) {
      if (/[*?]/u.test(pattern)) this.#wildcards.push(pattern);
      else this.#names.add(pattern);
    }
  }

  /** Whether the entry of this name, or a directory above it, is left out. */
  has(path: ByteString): boolean {
    const name = path
      .split("/")
      .filter((part) => part !== "" && part !== ".")
      .join("/");
    for (let end = name.indexOf("/"); end !== -1; end = name.indexOf("/", end + 1)) {
      if (this.#hasExactly(name.slice(0, end))) return true;
    }
    return this.#hasExactly(name);
  }

  #hasExactly(name: ByteString): boolean {
    return this.#names.has(name) || this.#wildcards.some((pattern) => matches(pattern, name));
  }
}

/** In time of the product of both lengths, whatever the pattern: only the last "*" is ever gone back to. */
function matches(pattern: ByteString, name: ByteString): boolean {
  let at = 0;
  let star = -1;
  let retry = 0;
  for (let here = 0; here < name.length;) {
    const wanted = pattern[at];
    if (wanted === "*") {
      star = at;
      at += 1;
      retry = here;
    } else if (wanted !== undefined && (wanted === "?" || wanted === name[here])) {
      at += 1;
      here += 1;
    } else if (star !== -1) {
      retry += 1;
      here = retry;
      at = star + 1;
    } else return false;
  }
  return /^\**$/u.test(pattern.slice(at));
}
