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

  /** The same failure for somebody who knows the archive as something else, such as "the rootfs", who did something else with it, or who can do something about it. */
  told({ as = "the archive", deed, next }: { as?: string; deed?: string; next?: string }): ArchiveError {
    const renamed = this.message.replace(/^(Cannot \w+ )the archive:/u, (_, verb: string) => `${verb}${as}:`);
    const message = deed === undefined ? renamed : renamed.replace(/^Cannot [^:]+:/u, () => `Cannot ${deed}:`);
    const { entry, cause } = this;
    return new ArchiveError(this.kind, next === undefined ? message : `${message}; ${next}`, { entry, cause });
  }
}
