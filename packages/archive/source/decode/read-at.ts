import { readSync } from "node:fs";

/** A part of a file. */
export interface Extent {
  offset: number;
  bytes: number;
}

/** Up to `bytes` bytes at `offset`; fewer only where the file ends. The descriptor's own position does not move. */
export function readAt(fd: number, { offset, bytes }: Extent): Uint8Array {
  const buffer = new Uint8Array(bytes);
  let filled = 0;
  while (filled < bytes) {
    const got = readSync(fd, buffer, filled, bytes - filled, offset + filled);
    if (got === 0) break;
    filled += got;
  }
  return buffer.subarray(0, filled);
}
