import {
  type InferOutput,
  array,
  boolean,
  literal,
  optional,
  picklist,
  strictObject,
  string,
  variant,
} from "@host-service/schema";
import { count, idRange } from "../job-values.ts";

const failureKinds = [
  "truncated",
  "corrupt",
  "entry-refused",
  "too-many-entries",
  "too-large",
  "no-space",
  "failed",
] as const;

/** What the job is asked, as its one argument. */
export const unpackRequest = strictObject({
  /** Of the tar on descriptor 0; a pipe is read to its end. */
  bytes: optional(count),
  limits: strictObject({ entriesMax: count, unpackedBytesMax: count }),
  /** Let the disk work on each large file while the next entries come, and not only in the sync at the end. */
  writesAtOnce: boolean(),
  /** Whether descriptor 4 is a lock. */
  hasLock: boolean(),
  ids: optional(idRange),
  /** Names, as bytes, that are left out. */
  excludes: optional(array(string())),
  /** Refuse everything but files and directories, and keep nothing of them but names and contents. */
  plainOnly: optional(boolean()),
  /** How to start the job once more with fewer privileges; absent when that has been done, or is not needed. */
  again: optional(array(string())),
});
export type UnpackRequest = InferOutput<typeof unpackRequest>;

/** A line of the job's output; the last one is done or failed. */
export const unpackMessage = variant("type", [
  strictObject({ type: literal("progress"), entries: count, bytes: count }),
  strictObject({
    type: literal("done"),
    entries: count,
    bytes: count,
    excluded: count,
    notKept: strictObject({ owners: count, devices: count, xattrs: count, examples: array(string()) }),
  }),
  strictObject({
    type: literal("failed"),
    kind: picklist(failureKinds),
    message: string(),
    entry: optional(string()),
  }),
]);
export type UnpackMessage = InferOutput<typeof unpackMessage>;
export type UnpackFailure = Extract<UnpackMessage, { type: "failed" }>;

export function isFailureKind(kind: string): kind is UnpackFailure["kind"] {
  return failureKinds.some((known) => known === kind);
}
