import { SchemaError, check, custom, parse, pipe } from "@host-service/schema";
import type { GenericSchema, InferOutput } from "@host-service/schema";
import type { ArtifactErrorKind } from "../error.ts";
import { refusal } from "../refusal.ts";

/** The typed value of a JSON text of the artifact. Throws ArtifactError of the kind, naming the member. */
export function parseJson<const Schema extends GenericSchema>(
  bytes: Uint8Array,
  schema: Schema,
  { kind, member }: { kind: ArtifactErrorKind; member: string },
): InferOutput<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw refusal(kind, `${member} is not JSON`, { cause: error });
  }
  try {
    return parse(schema, value, { subject: member });
  } catch (error) {
    if (error instanceof SchemaError) throw refusal(kind, `${member}: ${error.problem}`, { cause: error });
    throw error;
  }
}

// Own schemas for maps: valibot's record passes over keys such as "constructor", and a condition must not be lost by its name. The check stands
// apart from the type, since its words are only told then.

export const textMap = pipe(
  custom<Record<string, string>>(isAnything),
  check((value) => isMapOf(value, isText), "it has to be a map from text to text"),
);

export const conditions = pipe(
  custom<Record<string, string | string[]>>(isAnything),
  check(
    (value) => isMapOf(value, (one) => isText(one) || isTexts(one)),
    "it has to be a map to texts or lists of text",
  ),
);

export const listConditions = pipe(
  custom<Record<string, string[]>>(isAnything),
  check((value) => isMapOf(value, isTexts), "it has to be a map to lists of text"),
);

export const anyMap = pipe(
  custom<Record<string, unknown>>(isAnything),
  check((value) => isMapOf(value, isAnything), "it has to be a map"),
);

function isMapOf(value: unknown, isOne: (value: unknown) => boolean): boolean {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap && Object.values(value).every(isOne);
}

function isAnything(): boolean {
  return true;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
