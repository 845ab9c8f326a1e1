import { readAt } from "../decode/read-at.ts";
import type { Extent } from "../decode/read-at.ts";

export interface FileSummary {
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

const chunkBytes = 1024 * 1024;

export function summarise(fd: number, { offset, bytes }: Extent): FileSummary {
  const hash = new Bun.CryptoHasher("sha256");
  for (let at = 0; at < bytes; at += chunkBytes) {
    hash.update(readAt(fd, { offset: offset + at, bytes: Math.min(chunkBytes, bytes - at) }));
  }
  return { bytes, sha256: hash.digest("hex") };
}
