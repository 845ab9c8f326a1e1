export type RuntimeErrorKind =
  /** config.yaml asks for more than `[containers.NAME]` of the host gives. */
  | "not-granted"
  /** The runtime, or this host, cannot do what config.yaml asks for. */
  | "not-supported"
  /** A value of config.yaml that means nothing. */
  | "value"
  /** The tree in the rootfs is none that can be started. */
  | "rootfs"
  /** A volume cannot be made, copied or put back. */
  | "volume"
  /** This host, or the way in which `container run` was called, lacks what starting takes. */
  | "host";

/** The key of a grant that is not enough, and for a list the word that it lacks. */
export type Lacking =
  | { key: "privileged" | "nesting" | "rawOptions" }
  | { key: "diskSources" | "devices" | "capabilities" | "nics"; word: string };

/** An expected failure of this package. `key` is what config.yaml calls it ("limits.cpu.nodes", "devices.eth0.parent"). */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly kind: RuntimeErrorKind;
  readonly key: string | undefined;
  /** Present where the host could grant what was asked for. */
  readonly lacking: Lacking | undefined;

  constructor(
    kind: RuntimeErrorKind,
    message: string,
    options: { key?: string; lacking?: Lacking; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.key = options.key;
    this.lacking = options.lacking;
  }
}
