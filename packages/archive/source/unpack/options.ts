import type { ArchiveLimits } from "../tar/limits.ts";
import type { XzChoice } from "./decoder-process.ts";
import type { NotKept } from "./not-kept.ts";
import type { IdRange } from "./shift.ts";

export interface UnpackOptions {
  /** The argv that starts this program. */
  readonly program: readonly string[];
  /** The archive is the last part of its file. The descriptor's position is ours until the promise is settled. */
  readonly archive: { readonly fd: number; readonly offset: number; readonly bytes: number };
  /** An empty directory, which becomes the root of the tree. On failure, what was made in it is left to the caller. */
  readonly directory: string;
  readonly limits: ArchiveLimits;
  /** Held by the child for as long as it may write. */
  readonly lockFd?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { entries: number; bytes: number }) => void) | undefined;
  readonly xz?: XzChoice | undefined;
  /** Of an unprivileged container: owners are shifted into it, and device nodes left out, as its runtime makes /dev. */
  readonly ids?: IdRange | undefined;
  /** Checked patterns: what they match is left out. All of them together have to fit an argument of a program. */
  readonly excludes?: readonly string[] | undefined;
  /** Refuse everything but files and directories, and keep nothing of them but names and contents. */
  readonly plainOnly?: boolean | undefined;
}

export interface UnpackReport {
  readonly entries: number;
  readonly bytes: number;
  /** How many entries the patterns left out. */
  readonly excluded: number;
  readonly notKept: NotKept;
}
