import type { TrailingDigest } from "../digest/trailing-digest.ts";
import type { PartialFile } from "../partial-file.ts";
import type { Reception } from "../reception.ts";

/** Where bytes come from. Each kind knows how to fill a file; all go the same way from there on. */
export interface Source {
  /** Undefined where the sender does not say it. */
  readonly bytesExpected: number | undefined;
  /** Writes everything to `partial.writer`, or rejects; `digest` may be told how far it came. May leave work behind that the file holds. */
  fill(partial: PartialFile, reception: Reception, digest: TrailingDigest): Promise<void>;
  /** Not waited for: on a file system that hangs, a close hangs as well. */
  close(): void;
}
