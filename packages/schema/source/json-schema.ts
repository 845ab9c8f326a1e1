// JSON Schema of our schemas, for documents that are made when we build; nothing that runs on a device loads it.
import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";

/** Draft 2020-12, as OpenAPI 3.1 takes it. Checks that JSON Schema has no word for are left out. */
export function jsonSchema(schema: GenericSchema): Record<string, unknown> {
  const { $schema: _draft, ...rest } = toJsonSchema(schema, { target: "draft-2020-12", errorMode: "ignore" });
  return rest;
}
