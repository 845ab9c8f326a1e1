// The sizes that the frames of a .zst file state about themselves (RFC 8878, section 3.1). A frame made from a pipe states none.
import { ArchiveError } from "../error.ts";
import { readAt } from "./read-at.ts";
import type { Extent } from "./read-at.ts";

const framesMax = 256;
// 128 KiB of output each: 8 GiB are measured, more is not worth the reads, as this runs where others wait.
const blocksMax = 65_536;

/** Undefined when a frame does not say, or when there is more than the limits above. Throws ArchiveError "truncated" or "corrupt". */
export function readZstdSizes(fd: number, extent: Extent): number | undefined {
  const end = extent.offset + extent.bytes;
  let at = extent.offset;
  let total = 0;
  let blocks = 0;
  for (let frame = 0; at < end; frame++) {
    if (frame >= framesMax) return undefined;
    const header = readAt(fd, { offset: at, bytes: Math.min(18, end - at) });
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    if (header.byteLength < 6) throw incomplete();
    const magic = view.getUint32(0, true);
    if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) {
      if (header.byteLength < 8) throw incomplete();
      at += 8 + view.getUint32(4, true);
      if (at > end) throw incomplete();
      continue;
    }
    if (magic !== 0xfd2fb528) {
      throw new ArchiveError(
        "corrupt",
        "Cannot read the archive: its zstd data is followed by something else; fetch it again",
      );
    }
    const described = describeFrame(header, view);
    if (described === undefined) return undefined;
    total += described.contentBytes;
    if (!Number.isSafeInteger(total)) return undefined;
    at += described.headerBytes;
    // A frame's length is known only by going from block to block.
    for (let isLast = false; !isLast; blocks++) {
      if (blocks >= blocksMax) return undefined;
      const block = readAt(fd, { offset: at, bytes: Math.min(3, Math.max(0, end - at)) });
      if (block.byteLength < 3) throw incomplete();
      const word = (block[0] ?? 0) | ((block[1] ?? 0) << 8) | ((block[2] ?? 0) << 16);
      isLast = (word & 1) === 1;
      // Type 1 is one byte that is repeated.
      at += 3 + (((word >> 1) & 3) === 1 ? 1 : word >> 3);
      if (at > end) throw incomplete();
    }
    at += described.checksumBytes;
    if (at > end) throw incomplete();
  }
  return total;
}

function describeFrame(header: Uint8Array, view: DataView) {
  const descriptor = header[4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  if (sizeBytes === 0) return undefined;
  if (header.byteLength < sizeAt + sizeBytes) throw incomplete();
  const contentBytes =
    sizeBytes === 1
      ? view.getUint8(sizeAt)
      : sizeBytes === 2
        ? view.getUint16(sizeAt, true) + 256
        : sizeBytes === 4
          ? view.getUint32(sizeAt, true)
          : Number(view.getBigUint64(sizeAt, true));
  return { contentBytes, headerBytes: sizeAt + sizeBytes, checksumBytes: (descriptor & 4) === 0 ? 0 : 4 };
}

function incomplete(): ArchiveError {
  return new ArchiveError("truncated", "Cannot read the archive: its zstd data was cut off; fetch it again");
}
