import { readSync } from "node:fs";
import type { TarReader } from "../tar/reader.ts";

/** What comes in on the descriptor. `bytes` is how many belong to the archive; without it, all up to the end. */
export interface Feed {
  readonly fd: number;
  readonly bytes?: number | undefined;
}

const chunkBytes = 256 * 1024;

/** Pushes the whole stream through the reader and ends it. */
export function feed(reader: TarReader, source: Feed): void {
  // One buffer for all: the reader has used it up when push() returns.
  const buffer = new Uint8Array(chunkBytes);
  let left = source.bytes ?? Number.POSITIVE_INFINITY;
  while (left > 0) {
    const read = readSync(source.fd, buffer, 0, Math.min(chunkBytes, left), null);
    if (read === 0) break;
    left -= read;
    reader.push(buffer.subarray(0, read));
  }
  reader.end();
}
