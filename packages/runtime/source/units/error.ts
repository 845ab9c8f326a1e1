export type UnitErrorKind =
  /** This host does not run systemd, or has no systemctl. */
  | "no-systemd"
  /** The template unit is not installed. */
  | "no-unit"
  /** systemd said no; its words are in the message. */
  | "failed"
  /** It did not answer in time, and goes on by itself. */
  | "timeout"
  /** The container does not run, so nothing can be run in it. */
  | "not-running";

/** An expected failure of what drives a container's unit. The message says what to do next. */
export class UnitError extends Error {
  override readonly name = "UnitError";
  readonly kind: UnitErrorKind;

  constructor(kind: UnitErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
