// Maps whose values are text, as `config:` and every device are. What is not text is never made text here: YAML has read 1.10 as 1.1.
import { refuse } from "./refusal.ts";

export function entriesOf(input: unknown, options: { at: string; entriesMax: number }): [string, unknown][] {
  if (input === null || input === undefined) return [];
  if (!isMap(input))
    throw refuse(`"${options.at}" has to be a map, got a ${Array.isArray(input) ? "list" : typeof input}`);
  const entries = Object.entries(input);
  if (entries.length > options.entriesMax) throw refuse(`"${options.at}" has more than ${options.entriesMax} entries`);
  return entries;
}

export function describeUnquoted(key: string, value: unknown, options: { at: string; secret: boolean }): string {
  const where = `the value of ${JSON.stringify(key.slice(0, 64))} in ${JSON.stringify(options.at)}`;
  if (value === null) return `${where} is missing; write "" for an empty one`;
  if (typeof value === "object") return `${where} has to be text, got a ${Array.isArray(value) ? "list" : "map"}`;
  // A number is not repeated, as it may have been written otherwise: 1.10, 0660.
  const shown = options.secret || typeof value !== "boolean" ? "" : `, such as ${key.slice(0, 64)}: "${value}"`;
  return `${where} is a ${typeof value} and has to be text; put it in quotes${shown}`;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
