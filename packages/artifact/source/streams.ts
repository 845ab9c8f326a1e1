import type { ArtifactContents } from "./report.ts";

/** Bytes in their order. */
export interface ByteSource {
  /** Fills `into` from its start and answers how many bytes; 0 is the end. A source may give fewer than there is room for. */
  read(into: Uint8Array): number | Promise<number>;
}

/** Where the payload goes while it is verified. What was written counts only when the whole reading has resolved. */
export interface PayloadSink {
  /** Before the first byte, when everything that can be known before was checked. What it throws ends the reading. */
  begin(payload: PayloadStart): void | Promise<void>;
  /** In order and without gaps. The bytes are the sink's until it settles. */
  write(chunk: Uint8Array): void | Promise<void>;
  /**
   * After the last byte. For a sink that reads back what it wrote: it answers the sha-256 of that, in hexadecimal, which is then compared
   * in the place of one that is made on the way.
   */
  end?(): Promise<string>;
}

export interface PayloadStart {
  readonly file: string;
  readonly bytes: number | undefined;
  /** What it comes in; a raw image comes in nothing. */
  readonly artifact?: ArtifactContents;
}
