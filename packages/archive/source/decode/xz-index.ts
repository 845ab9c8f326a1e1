// The sizes that an .xz file states about itself, read backwards from its end: stream footer, index, stream header, and the
// same for each stream before it (The .xz File Format 1.2.1, sections 2 and 4). A file for which this fails, xz refuses as well.
import { ArchiveError } from "../error.ts";
import { readAt } from "./read-at.ts";
import type { Extent } from "./read-at.ts";

export interface XzIndex {
  unpackedBytes: number;
  blocks: number;
  streams: number;
}

// An index of 1 MiB describes some 200,000 blocks; what has more is not looked at, as this runs where others wait.
export const indexBytesMax = 1024 * 1024;
const streamsMax = 256;
const paddingBytesMax = 64 * 1024;
export const flagsBytes = 12;
const headerMagic = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];

/** Undefined when the file is beyond the limits above. Throws ArchiveError "truncated" or "corrupt". */
export function readXzIndex(fd: number, extent: Extent): XzIndex | undefined {
  const total: XzIndex = { unpackedBytes: 0, blocks: 0, streams: 0 };
  let end = extent.offset + extent.bytes;
  let padding = 0;
  while (end > extent.offset) {
    if (end - extent.offset < 2 * flagsBytes) throw incomplete();
    const footer = readAt(fd, { offset: end - flagsBytes, bytes: flagsBytes });
    if (footer.subarray(8).every((byte) => byte === 0)) {
      // Stream padding: zeros, four at a time.
      padding += 4;
      end -= 4;
      if (padding > paddingBytesMax) return undefined;
      continue;
    }
    const stream = readStream(fd, { start: extent.offset, end, footer });
    if (stream === undefined) return undefined;
    total.unpackedBytes += stream.unpackedBytes;
    total.blocks += stream.blocks;
    total.streams += 1;
    if (total.streams > streamsMax) return undefined;
    end = stream.start;
  }
  if (total.streams === 0) throw incomplete();
  if (!Number.isSafeInteger(total.unpackedBytes)) throw damaged("its sizes are impossible");
  return total;
}

interface StreamEnd {
  start: number;
  end: number;
  footer: Uint8Array;
}

function readStream(fd: number, { start, end, footer }: StreamEnd) {
  const indexBytes = indexBytesOf(footer);
  const indexStart = end - flagsBytes - indexBytes;
  if (indexStart < start + flagsBytes) throw damaged("an index that is larger than the file");
  if (indexBytes > indexBytesMax) return undefined;
  const index = parseIndex(readAt(fd, { offset: indexStart, bytes: indexBytes }));
  const streamStart = indexStart - index.packedBytes - flagsBytes;
  if (streamStart < start) throw damaged("an index that does not fit");
  const header = readAt(fd, { offset: streamStart, bytes: flagsBytes });
  const hasMagic = headerMagic.every((byte, at) => header[at] === byte);
  const isFlags = header[6] === footer[8] && header[7] === footer[9];
  if (!hasMagic || !isFlags || viewOf(header).getUint32(8, true) !== Bun.hash.crc32(header.subarray(6, 8))) {
    throw damaged("a stream header");
  }
  return { start: streamStart, unpackedBytes: index.unpackedBytes, blocks: index.blocks };
}

/** How long the index is that lies before a stream footer. */
export function indexBytesOf(footer: Uint8Array): number {
  const view = viewOf(footer);
  if (footer[10] !== 0x59 || footer[11] !== 0x5a) throw incomplete();
  if (view.getUint32(0, true) !== Bun.hash.crc32(footer.subarray(4, 10))) throw damaged("a stream footer");
  return (view.getUint32(4, true) + 1) * 4;
}

export function parseIndex(index: Uint8Array): { blocks: number; packedBytes: number; unpackedBytes: number } {
  const contents = index.subarray(0, -4);
  if (viewOf(index).getUint32(contents.byteLength, true) !== Bun.hash.crc32(contents) || contents[0] !== 0) {
    throw damaged("an index");
  }
  let at = 1;
  // Seven bits a byte, lowest first; nine bytes at most.
  const next = (): number => {
    let value = 0;
    for (let place = 0; place < 9; place++) {
      const byte = contents[at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** (7 * place);
      if (byte < 0x80) return value;
    }
    throw damaged("an index");
  };
  const blocks = next();
  if (blocks > contents.byteLength / 2) throw damaged("an index");
  let packedBytes = 0;
  let unpackedBytes = 0;
  for (let block = 0; block < blocks; block++) {
    packedBytes += Math.ceil(next() / 4) * 4;
    unpackedBytes += next();
  }
  return { blocks, packedBytes, unpackedBytes };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function incomplete(): ArchiveError {
  const why = "its xz data does not end with a stream footer, so it was cut off or something was appended";
  return new ArchiveError("truncated", `Cannot read the archive: ${why}; fetch it again`);
}

function damaged(what: string): ArchiveError {
  return new ArchiveError("corrupt", `Cannot read the archive: its xz data is damaged (${what}); fetch it again`);
}
