/** Why a host upgrade fails where its file is not to blame. */
export type UpgradeErrorKind =
  /** The boot environment cannot be read, is damaged, or does not hold what was written. */
  | "boot-environment"
  /** A slot's device is missing, busy, mounted, or holds the running root. */
  | "device"
  /** Reading or writing failed; the system's own word for it is in the message. */
  | "io"
  /** The image is larger than its slot. */
  | "space"
  /** The tool that the back end calls is missing, or said no; its own words are in the message. */
  | "backend"
  /** It is not known which slot runs. */
  | "unknown-slot"
  | "cancelled"
  | "stalled";

/** An expected failure of this package. The message says what to do next. */
export class UpgradeError extends Error {
  override readonly name = "UpgradeError";
  readonly kind: UpgradeErrorKind;

  constructor(kind: UpgradeErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
