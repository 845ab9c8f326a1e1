// The only place that knows valibot: the names that our schemas are built from, and our way to say what is wrong.
export {
  array,
  boolean,
  check,
  custom,
  description,
  exactOptional,
  integer,
  lazy,
  literal,
  looseObject,
  maxLength,
  maxValue,
  metadata,
  minLength,
  minValue,
  nullable,
  number,
  object,
  optional,
  picklist,
  pipe,
  record,
  regex,
  strictObject,
  string,
  title,
  transform,
  tuple,
  union,
  unknown,
  variant,
} from "valibot";
export type { GenericSchema, InferInput, InferOutput } from "valibot";
export { SchemaError } from "./error.ts";
export { nearest } from "./nearest.ts";
export { parse } from "./parse.ts";
