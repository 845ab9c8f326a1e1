// Bun.YAML keeps the last of two equal keys and says nothing. This finds them with the parser itself instead of a second one:
// a mark with the line's number is put into every word before a colon and the text is parsed again. Keys that were equal are now
// different; where taking the marks away gives the first tree again, the marks changed nothing else and the answer holds.

const mark = "\u2063";
const marked = new RegExp(`${mark}(\\d+)\\.\\d+${mark}`, "gu");
const keyEnd = /([^\s:])([ \t]*):(?=[\s,\]}]|$)|(["'])([ \t]*):/gmu;

/** What is wrong with the keys of `text`, or undefined. `value` is what the text parses to. */
export function findRepeatedKey(text: string, value: unknown): string | undefined {
  if (text.includes(mark)) return "it has an invisible separator (U+2063); remove it";
  let tree: unknown;
  try {
    tree = Bun.YAML.parse(markKeys(text));
  } catch {
    // The marks broke an unusual construct (an alias as a key, an escaped quote before a colon): nothing can be said.
    return undefined;
  }
  const problems: string[] = [];
  const stripped = strip(tree, problems);
  return problems.length > 0 && Bun.deepEquals(stripped, value) ? problems[0] : undefined;
}

function markKeys(text: string): string {
  let line = 1;
  let counted = 0;
  let count = 0;
  return text.replaceAll(keyEnd, (match: string, plain: string | undefined, ...rest: unknown[]) => {
    const offset = rest.findLast((group) => typeof group === "number") ?? 0;
    const before = text.charAt(offset - 1);
    for (; counted < offset; counted++) if (text.charAt(counted) === "\n") line++;
    const quote = plain === '"' || plain === "'" || plain === undefined ? match.charAt(0) : undefined;
    if (quote !== undefined && (before === "\\" || before === quote)) return match;
    if ((plain === "-" || plain === "?") && /\s|^$/u.test(before)) return match;
    const label = `${mark}${line}.${count++}${mark}`;
    return quote === undefined && plain !== undefined ? `${plain}${label}${match.slice(plain.length)}` : label + match;
  });
}

function strip(value: unknown, problems: string[]): unknown {
  if (typeof value === "string") return value.replaceAll(marked, "");
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => strip(item, problems));
  const lines = new Map<string, string>();
  const members: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    const name = key.replaceAll(marked, "");
    const line = [...key.matchAll(marked)].at(-1)?.[1] ?? "?";
    const earlier = lines.get(name);
    if (earlier !== undefined && problems.length === 0) {
      const where = earlier === line ? `line ${line}` : `lines ${earlier} and ${line}`;
      problems.push(`the key ${JSON.stringify(name)} is given twice, in ${where}`);
    }
    lines.set(name, line);
    members.push([name, strip(member, problems)]);
  }
  return Object.fromEntries(members);
}
