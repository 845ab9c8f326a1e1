import type { ArchiveLimits } from "../tar/limits.ts";
import type { XzChoice } from "./decoder-process.ts";
import type { NotKept } from "./not-kept.ts";

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
}

export interface UnpackReport {
  readonly entries: number;
  readonly bytes: number;
  readonly notKept: NotKept;
}
