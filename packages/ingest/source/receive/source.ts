import type { PartialFile } from "../partial-file.ts";
import type { Reception } from "../reception.ts";

/** Where bytes come from. Each kind knows how to fill a file; all go the same way from there on. */
export interface Source {
  /** Undefined where the sender does not say it. */
  readonly bytesExpected: number | undefined;
  /** Writes everything to `partial.writer`, or rejects. May leave work behind that the file holds. */
  fill(partial: PartialFile, reception: Reception): Promise<void>;
  /** Not waited for: on a file system that hangs, a close hangs as well. */
  close(): void;
}
