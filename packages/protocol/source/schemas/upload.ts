import { integer, number, object, optional, pipe, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";

/** A resumable upload, as far as it is. */
export const Upload = object({
  id: string(),
  /** So many bytes are durable: go on here. */
  offset: pipe(number(), integer()),
  length: optional(pipe(number(), integer())),
  /** The digest of the whole in hexadecimal, once it is complete and verified: an install takes it then. */
  sha256: optional(string()),
  /** When it expires. */
  secondsLeft: pipe(number(), integer()),
});
export type Upload = InferOutput<typeof Upload>;
