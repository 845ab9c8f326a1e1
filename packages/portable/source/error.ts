/** Why a portable service cannot be changed, or the host's services cannot be asked. */
export type PortableErrorKind =
  /** The system bus cannot be reached. */
  | "no-bus"
  /** The bus went away while a call was under way: nobody knows whether it was carried out. */
  | "bus-lost"
  /** No answer in time: nobody knows whether the call was carried out. */
  | "timeout"
  /** The host has no such service, or it cannot be started. */
  | "no-service"
  /** An answer that is not what the service's documents promise. */
  | "reply"
  /** portabled or systemd says that the image is not one that it attaches. */
  | "image"
  /** There is no such image. */
  | "no-image"
  /** A unit of that name is on the host, attached or active. */
  | "unit-exists"
  /** Nothing of that name is attached. */
  | "not-attached"
  /** Something is attached that this daemon did not attach. */
  | "foreign"
  /** The host's policy or its file system says no. */
  | "denied"
  /** Our own checks found something; `findings` of the report says what. */
  | "findings"
  /** The units did not become active, or did not stay so. */
  | "not-active"
  /** The image does not fit beside what is there. */
  | "no-space"
  /** A name that cannot be used. */
  | "name"
  /** Any other error that the service answered. */
  | "service";

/** An expected failure of this package. The message says what to do next. */
export class PortableError extends Error {
  override readonly name = "PortableError";
  readonly kind: PortableErrorKind;
  /** The D-Bus name of the error, where a service answered one. */
  readonly busName: string | undefined;

  constructor(kind: PortableErrorKind, message: string, options: { cause?: unknown; busName?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.busName = options.busName;
  }

  /** Whether the call may have been carried out all the same. */
  get isUncertain(): boolean {
    return this.kind === "timeout" || this.kind === "bus-lost";
  }
}
