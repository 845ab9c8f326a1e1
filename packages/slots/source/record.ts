// The record of one container: what its file holds, in format 1. A later format is not an error, it is somebody else's
// file: version N-1 of this program must leave it alone. Unknown members are kept, so that N-1 may write what N wrote.
import {
  SchemaError,
  integer,
  literal,
  looseObject,
  minValue,
  number,
  optional,
  parse,
  picklist,
  pipe,
  string,
  variant,
} from "@host-service/schema";
import type { GenericSchema } from "@host-service/schema";
import { digest } from "./manifest.ts";
import { isSound } from "./state.ts";
import type { Ending, State, Subject, Transition } from "./state.ts";

const recordFormat = 1;

export interface Outcome {
  result: Ending["result"];
  imageId?: string | undefined;
  version?: string | undefined;
  why: string;
  /** RFC 3339. */
  at: string;
}

export interface BootRecord {
  format: typeof recordFormat;
  /** The boot in which the record was last written or resolved; empty for a seeded one. */
  bootId: string;
  state: State;
  outcome?: Outcome | undefined;
}

/** The members that every record has, whatever may stand for the id of an image in it. */
export function recordMembers<const ImageId extends GenericSchema<unknown, string>>(imageId: ImageId) {
  const reference = looseObject({ slot: picklist(["a", "b"]), imageId });
  const state = variant("name", [
    looseObject({ name: literal("empty") }),
    looseObject({ name: literal("normal"), active: reference, previous: optional(reference) }),
    looseObject({ name: literal("pending"), active: optional(reference), candidate: reference }),
    looseObject({
      name: literal("trying"),
      active: reference,
      fallback: optional(reference),
      bootsLeft: pipe(number(), integer(), minValue(0)),
    }),
    looseObject({
      name: literal("rollback"),
      active: reference,
      fallback: optional(reference),
      why: optional(string()),
    }),
  ]);
  const outcome = looseObject({
    result: picklist(["committed", "rolled-back", "cancelled", "failed"]),
    imageId: optional(string()),
    version: optional(string()),
    why: string(),
    at: string(),
  });
  return { format: literal(recordFormat), bootId: string(), state, outcome: optional(outcome) };
}

const bootRecord = looseObject(recordMembers(digest));

export type ParsedRecord<Kind extends BootRecord = BootRecord> =
  | { kind: "record"; record: Kind }
  | { kind: "later-format"; format: number }
  | { kind: "unreadable"; problem: string };

export function parseRecord(text: string): ParsedRecord {
  return parseRecordOf(bootRecord, text);
}

export function parseRecordOf<Kind extends BootRecord>(
  schema: GenericSchema<unknown, Kind>,
  text: string,
): ParsedRecord<Kind> {
  try {
    const value: unknown = JSON.parse(text);
    const format = formatOf(value);
    if (format !== undefined && format > recordFormat) return { kind: "later-format", format };
    const record: Kind = parse(schema, value, { subject: "the record" });
    if (!isSound(record.state))
      return { kind: "unreadable", problem: "Cannot read the record: it names one slot twice" };
    return { kind: "record", record };
  } catch (error) {
    if (error instanceof SyntaxError)
      return { kind: "unreadable", problem: `Cannot read the record: ${error.message}` };
    if (error instanceof SchemaError) return { kind: "unreadable", problem: error.message };
    throw error;
  }
}

export function formatRecord(record: BootRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** The record that a transition leads to: unknown members and, where nothing ended, the last outcome stay. */
export function nextRecord(
  record: BootRecord | undefined,
  transition: Transition,
  context: { bootId: string; now: Date; subject: Subject },
): BootRecord {
  const ending = transition.ending;
  return {
    ...record,
    format: recordFormat,
    bootId: context.bootId,
    state: transition.state,
    ...(ending === undefined ? {} : { outcome: outcomeOf(ending, context) }),
  };
}

function outcomeOf(ending: Ending, context: { now: Date; subject: Subject }): Outcome {
  const { result, reference: left, why } = ending;
  const at = context.now.toISOString();
  if (left === undefined) return { result, why, at };
  const version = context.subject.manifestOf(left)?.version;
  return { result, imageId: left.imageId, ...(version === undefined ? {} : { version }), why, at };
}

function formatOf(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null || !("format" in value)) return undefined;
  return typeof value.format === "number" && Number.isInteger(value.format) ? value.format : undefined;
}
