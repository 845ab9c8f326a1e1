// The only place that calls Bun.YAML. It is fast and follows YAML 1.2, but takes the last of two equal keys and lets a hostile
// alias cost minutes, so what it would let pass is refused here.
import { ArchiveError } from "../error.ts";
import { findRepeatedKey } from "./repeated-key.ts";

export const yamlLimits = {
  bytesMax: 1024 * 1024,
  depthMax: 32,
  nodesMax: 100_000,
  /** Every alias may copy as much as the whole text has: this many bytes are copied in a few hundred milliseconds. */
  aliasBytesMax: 64 * 1024 * 1024,
};

const aliasPattern = /(?<=^|[\s,[{:])\*[^\s,\]}*]/gmu;

/** The value of one YAML document. The file's text never appears in the error, as it may hold secrets. */
export function readYaml(text: string, subject: string): unknown {
  const refuse = (why: string, cause?: unknown) =>
    new ArchiveError("config", `Cannot read ${subject}: ${why}`, { cause });
  if (Buffer.byteLength(text) > yamlLimits.bytesMax) {
    throw refuse(`it is larger than ${yamlLimits.bytesMax / 1024} KiB`);
  }
  if (text.includes("\u0000")) throw refuse("it has a zero byte; it has to be text in UTF-8");
  const aliases = text.match(aliasPattern)?.length ?? 0;
  if (aliases * text.length > yamlLimits.aliasBytesMax) {
    throw refuse(`it has too many aliases (${aliases}); write the values out`);
  }
  let value: unknown;
  try {
    value = Bun.YAML.parse(text);
  } catch (error) {
    throw refuse(explain(error), error);
  }
  const problem = measureTree(value);
  if (problem !== undefined) throw refuse(problem);
  const repeated = findRepeatedKey(text, value);
  if (repeated !== undefined) throw refuse(repeated);
  return value;
}

function explain(error: unknown): string {
  if (error instanceof RangeError) return `it is nested deeper than ${yamlLimits.depthMax} levels`;
  const reason = error instanceof Error ? error.message.replace(/^YAML Parse error: /u, "") : String(error);
  if (reason === "Excessive aliasing") return "it has too many aliases; write the values out";
  return `it is not valid YAML: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
}

/** An alias is walked each time that it is met, so that the budget counts what a reader of the tree would see. */
function measureTree(root: unknown): string | undefined {
  let nodes = 0;
  const waiting: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    nodes++;
    if (nodes > yamlLimits.nodesMax) return `it has more than ${yamlLimits.nodesMax} values`;
    if (typeof next.value !== "object" || next.value === null) continue;
    const depth = next.depth + 1;
    if (depth > yamlLimits.depthMax) return `it is nested deeper than ${yamlLimits.depthMax} levels`;
    for (const value of Object.values(next.value)) waiting.push({ value, depth });
  }
  return undefined;
}
