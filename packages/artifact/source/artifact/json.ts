import { SchemaError, custom, parse } from "@host-service/schema";
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

// Own schemas for maps: valibot's record passes over keys such as "constructor", and a condition must not be lost by its name.

export const textMap = custom<Record<string, string>>(
  (value) => isMap(value) && Object.values(value).every(isText),
  "has to be a map from text to text",
);

export const conditions = custom<Record<string, string | string[]>>(
  (value) => isMap(value) && Object.values(value).every((one) => isText(one) || isTexts(one)),
  "has to be a map from text to text or to lists of text",
);

export const listConditions = custom<Record<string, string[]>>(
  (value) => isMap(value) && Object.values(value).every(isTexts),
  "has to be a map from text to lists of text",
);

export const anyMap = custom<Record<string, unknown>>(isMap, "it has to be an object");

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
