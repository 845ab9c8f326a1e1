import { safeParse } from "valibot";
import type { BaseIssue, GenericSchema, InferOutput } from "valibot";
import { SchemaError } from "./error.ts";
import { nearest } from "./nearest.ts";

/** A word longer than this is not a misspelt key, and comparing it would cost its square. */
const wordLengthMax = 64;

/**
 * The typed value of `input`, or a SchemaError that names the first thing that is wrong and, for an unknown key, the nearest known one.
 * Values under a key for which `isSecret` says yes are never quoted.
 */
export function parse<const Schema extends GenericSchema>(
  schema: Schema,
  input: unknown,
  options: { subject: string; isSecret?: (path: string) => boolean },
): InferOutput<Schema> {
  const result = safeParse(schema, input, { abortEarly: true });
  if (result.success) return result.output;
  const { issue, keys } = deepest(result.issues[0]);
  const path = keys.join(".");
  const secret = options.isSecret?.(path) ?? false;
  throw new SchemaError(options.subject, {
    path,
    problem: describe(issue, keys, { schema, secret }),
  });
}

function describe(
  issue: BaseIssue<unknown>,
  keys: readonly string[],
  context: { schema: GenericSchema; secret: boolean },
): string {
  const path = keys.join(".");
  if (issue.kind !== "schema") return path === "" ? issue.message : `${JSON.stringify(path)}: ${issue.message}`;
  if (issue.type === "strict_object" && issue.expected === "never")
    return describeUnknownKey(issue, keys, context.schema);
  if (issue.received === "undefined") {
    return path === "" ? "it is empty" : `the key ${JSON.stringify(path)} is missing`;
  }
  const subject = path === "" ? "it" : JSON.stringify(path);
  const got = context.secret ? `a ${typeof issue.input}` : (receivedWords[issue.received] ?? issue.received);
  return `${subject} has to be ${expectation(issue)}, got ${shorten(got)}`;
}

function describeUnknownKey(issue: BaseIssue<unknown>, keys: readonly string[], schema: GenericSchema): string {
  const key = keys.at(-1) ?? "";
  const parent = keys.slice(0, -1);
  const known = keysAt(schema, parent, issue.path?.at(-1)?.input);
  // Each key is known to a branch of a union, but not beside the others.
  if (known.includes(key)) {
    const where = parent.length === 0 ? "" : ` of ${JSON.stringify(parent.join("."))}`;
    return `the key ${JSON.stringify(key)}${where} does not go with the others there; give one of ${known.join(", ")}`;
  }
  const meant = key.length <= wordLengthMax ? nearest(key, known) : undefined;
  const where = parent.length === 0 ? "" : ` in ${JSON.stringify(parent.join("."))}`;
  const hint = meant === undefined ? `; known here: ${known.join(", ")}` : `; did you mean ${JSON.stringify(meant)}?`;
  return `unknown key ${JSON.stringify(shorten(key))}${where}${known.length === 0 ? "" : hint}`;
}

/** The keys that the object schema at `path` knows: schemas are data, so they can be asked. */
function keysAt(schema: unknown, path: readonly string[], input: unknown): string[] {
  const [key, ...rest] = path;
  if (!isObject(schema)) return [];
  if (Array.isArray(schema["options"])) {
    const fitting = schema["options"].filter((option) => fits(option, input));
    return [
      ...new Set((fitting.length > 0 ? fitting : schema["options"]).flatMap((option) => keysAt(option, path, input))),
    ];
  }
  if (isObject(schema["wrapped"])) return keysAt(schema["wrapped"], path, input);
  if (key === undefined) return isObject(schema["entries"]) ? Object.keys(schema["entries"]) : [];
  if (isObject(schema["entries"])) return keysAt(schema["entries"][key], rest, input);
  if (isObject(schema["item"])) return keysAt(schema["item"], rest, input);
  if (isObject(schema["value"])) return keysAt(schema["value"], rest, input);
  return [];
}

/** Whether a variant's literal keys agree with the input, so that only its own keys are suggested. */
function fits(option: unknown, input: unknown): boolean {
  if (!isObject(option) || !isObject(option["entries"]) || !isObject(input)) return false;
  return Object.entries(option["entries"]).every(
    ([key, entry]) => !isObject(entry) || entry["type"] !== "literal" || entry["literal"] === input[key],
  );
}

interface Finding {
  issue: BaseIssue<unknown>;
  keys: readonly string[];
}

/** Of a union's branches, the issue that got furthest is the one that the person meant. */
function deepest(issue: BaseIssue<unknown>): Finding {
  const keys = issue.path?.map((item) => String(item.key)) ?? [];
  let best: Finding = { issue, keys };
  for (const inner of issue.issues ?? []) {
    const found = deepest(inner);
    if (found.keys.length === 0 || keys.length + found.keys.length <= best.keys.length) continue;
    best = { issue: found.issue, keys: [...keys, ...found.keys] };
  }
  return best;
}

const words: Record<string, string> = {
  string: "a string",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  strict_object: "a map",
  loose_object: "a map",
  record: "a map",
};

const receivedWords: Record<string, string> = { Array: "a list", Object: "a map", null: "nothing" };

function expectation(issue: BaseIssue<unknown>): string {
  const named = issue.expected === "Object" ? words["object"] : words[issue.type];
  if (named !== undefined) return named;
  return (issue.expected ?? issue.type).replaceAll(" | ", " or ").replaceAll(/[()]/g, "");
}

function shorten(text: string): string {
  return text.length <= wordLengthMax ? text : `${text.slice(0, wordLengthMax)}…`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
