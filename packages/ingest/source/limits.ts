export interface InboxLimits {
  /** No image is larger than this. */
  readonly imageBytesMax: number;
  /** Whether no configuration can raise it. */
  readonly isFixed?: boolean;
  /** A source that gives nothing for so long is given up. */
  readonly stallTimeoutMs: number;
  /** So much of the inbox's file system stays free for everything else. */
  readonly reserveBytes: number;
}

/** Inline text is a configuration, which a person wrote. */
export const textBytesMax = 1024 * 1024;
