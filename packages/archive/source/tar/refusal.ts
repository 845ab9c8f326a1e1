import { ArchiveError } from "../error.ts";
import { type ByteString, printable } from "./byte-string.ts";

/** The entry is well formed, but is not written. */
export function refused(name: ByteString, why: string, cause?: unknown): ArchiveError {
  const entry = printable(name);
  return new ArchiveError("entry-refused", `Cannot unpack "${entry}": ${why}`, { entry, cause });
}

/** The entry's own bytes contradict each other. */
export function corrupt(name: ByteString, why: string): ArchiveError {
  const entry = printable(name);
  return new ArchiveError("corrupt", `Cannot unpack "${entry}": ${why}`, { entry });
}
