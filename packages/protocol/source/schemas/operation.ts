import {
  integer,
  literal,
  number,
  object,
  optional,
  picklist,
  pipe,
  string,
  unknown,
  variant,
} from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { Problem } from "../problem.ts";

/**
 * The phases of an install in their order: bytes arrive, are compared with their digest, are unpacked, are made durable. Those of an
 * upgrade: bytes arrive where they have to lie in a file first, are written while they are verified, are read back, are made durable.
 */
export const phases = ["receive", "write", "verify", "unpack", "record"] as const;
export const Phase = picklist(phases);
export type Phase = InferOutput<typeof Phase>;

const count = optional(pipe(number(), integer()));

/** How far the present phase is. `percent` is of this phase, at most 99 until the operation is done, absent where the total is unknown. */
export const ProgressEvent = object({
  type: literal("progress"),
  operation: string(),
  phase: Phase,
  /** Which part is arriving: "config.yaml", "rootfs.tar.xz", "bundle". */
  part: optional(string()),
  bytes: count,
  bytesTotal: count,
  entries: count,
  percent: count,
});
export type ProgressEvent = InferOutput<typeof ProgressEvent>;

/** The last line of an event stream is one of these two. */
export const ResultEvent = object({ type: literal("result"), operation: string(), result: unknown() });
export type ResultEvent = InferOutput<typeof ResultEvent>;
export const ErrorEvent = object({ type: literal("error"), operation: string(), problem: Problem });
export type ErrorEvent = InferOutput<typeof ErrorEvent>;

export const OperationEvent = variant("type", [ProgressEvent, ResultEvent, ErrorEvent]);
export type OperationEvent = InferOutput<typeof OperationEvent>;

export const Operation = object({
  id: string(),
  action: string(),
  container: optional(string()),
  state: picklist(["running", "done", "failed", "cancelled"]),
  startedAt: string(),
  endedAt: optional(string()),
  progress: optional(ProgressEvent),
  /** The events stream of this operation. */
  events: string(),
  problem: optional(Problem),
  result: optional(unknown()),
});
export type Operation = InferOutput<typeof Operation>;
