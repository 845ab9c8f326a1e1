import { DiskError } from "@host-service/disk";
import { ArchiveError } from "../error.ts";
import { type ByteString, printable } from "../tar/byte-string.ts";
import { refused } from "../tar/refusal.ts";

/** What a system call said while an entry was written, as a reason that names the entry. */
export function writeError(error: unknown, name: ByteString): unknown {
  if (error instanceof ArchiveError) return error;
  const code = codeOf(error);
  const entry = printable(name);
  switch (code) {
    case undefined:
      return error;
    case "ENOSPC":
    case "EDQUOT":
      return new ArchiveError(
        "no-space",
        `Cannot unpack "${entry}": no space is left on the file system; free some, or install a smaller image`,
        {
          entry,
          cause: error,
        },
      );
    case "EEXIST":
      return duplicateName(name, error);
    case "EXDEV":
    case "ELOOP":
      return refused(name, "a symbolic link on its path leads out of the root, or in a circle", error);
    case "ENOTDIR":
      return refused(name, "a part of its path is not a directory", error);
    case "ENOENT":
      return refused(name, "a symbolic link on its path leads to nothing", error);
    default:
      return new ArchiveError("failed", `Cannot unpack "${entry}": ${messageOf(error)}`, { entry, cause: error });
  }
}

export function duplicateName(name: ByteString, cause?: unknown): ArchiveError {
  return refused(name, "duplicate name: an earlier entry has the same one", cause);
}

/** The name of the errno, of an error of ours or of node:fs. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof DiskError) return error.code;
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
