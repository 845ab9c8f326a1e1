/** The closed list of reasons for which an archive is not used. */
export type ArchiveErrorKind =
  | "not-an-archive"
  | "truncated"
  | "corrupt"
  | "entry-refused"
  | "too-many-entries"
  | "too-large"
  | "no-space"
  | "bundle"
  | "config"
  | "cancelled"
  | "failed";

/** `entry` is the name of the entry that is at fault, printable, where there is one. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
  readonly kind: ArchiveErrorKind;
  readonly entry: string | undefined;

  constructor(kind: ArchiveErrorKind, message: string, options: { entry?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.entry = options.entry;
  }
}
