/** Why the state table says no. */
export type RefusalReason =
  | "on-trial"
  | "pending"
  | "rolling-back"
  | "not-booted"
  | "no-previous"
  | "not-bootable"
  | "no-candidate"
  | "no-trial"
  | "unexpected-image"
  | "exists";

export type SlotsErrorKind =
  /** The state table says no; `reason` says which cell. */
  | "refused"
  /** The boot hook has not resolved the record in this boot. */
  | "unresolved"
  /** Somebody else holds the record's lock. */
  | "busy"
  /** The record's bytes make no sense. */
  | "unreadable"
  /** A later version of this program wrote the record. */
  | "later-format"
  /** There is no such container. */
  | "missing"
  /** No ids are left for it, or it cannot be told which are. */
  | "no-ids"
  /** A name that cannot be a directory's. */
  | "name";

/** An expected failure of this package. The message says what to do next. */
export class SlotsError extends Error {
  override readonly name = "SlotsError";
  readonly kind: SlotsErrorKind;
  /** Present exactly when `kind` is "refused". */
  readonly reason: RefusalReason | undefined;

  constructor(kind: SlotsErrorKind, message: string, options: { reason?: RefusalReason; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.reason = options.reason;
  }
}

export function refused(reason: RefusalReason, message: string): SlotsError {
  return new SlotsError("refused", message, { reason });
}
