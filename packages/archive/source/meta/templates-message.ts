import {
  type InferOutput,
  array,
  boolean,
  literal,
  optional,
  record,
  strictObject,
  string,
  variant,
} from "@host-service/schema";
import { count, idRange } from "../job-values.ts";

/** What the job "templates" reads on its input; see metadata.ts for a template. */
export const templatesRequest = strictObject({
  ids: optional(idRange),
  templates: array(
    variant("kind", [
      strictObject({ kind: literal("substitute"), path: string(), words: record(string(), string()) }),
      strictObject({
        kind: literal("write"),
        path: string(),
        text: string(),
        createOnly: boolean(),
        uid: optional(count),
        gid: optional(count),
        mode: optional(count),
      }),
    ]),
  ),
});
export type TemplatesRequest = InferOutput<typeof templatesRequest>;

/** Its one line of output. A template is told by its place in the request. */
export const templatesAnswer = variant("type", [
  strictObject({
    type: literal("done"),
    applied: array(count),
    skipped: array(strictObject({ index: count, why: string() })),
    /** Words that stand for folders of the host, and were left in a file. */
    hostWords: array(string()),
  }),
  strictObject({ type: literal("failed"), message: string(), isNoSpace: boolean() }),
]);
export type TemplatesAnswer = InferOutput<typeof templatesAnswer>;
