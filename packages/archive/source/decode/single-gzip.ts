// gzip (RFC 1952) that has to be one member and nothing else. The runtime's gunzip goes on with a second member and overlooks zeros
// behind the last one, so here it only inflates, and what stands around the deflate data is read by hand.
import { pipeline } from "node:stream/promises";
import { type InflateRaw, crc32, createInflateRaw } from "node:zlib";
import { ArchiveError } from "../error.ts";
import { type ZlibEnds, decodeError } from "./by-zlib.ts";

const chunkBytes = 256 * 1024;
const trailerBytes = 8;
const headerFlags = { crc: 2, extra: 4, name: 8, comment: 16 } as const;
const flagsReserved = 0xe0;

/** Made before the jail is shut, since nothing can be loaded after. */
export function makeInflater(): InflateRaw {
  return createInflateRaw({ chunkSize: chunkBytes });
}

/** `read` fills a buffer and says how much, 0 at the end. Nothing that was written counts before this has returned. */
export async function decodeSingleGzip(inflater: InflateRaw, { read, write }: ZlibEnds): Promise<void> {
  const input = new GzipInput(read);
  let sum = 0;
  let bytes = 0;
  try {
    await pipeline(input.deflated(), inflater, async (pieces: AsyncIterable<Uint8Array>) => {
      for await (const piece of pieces) {
        sum = crc32(piece, sum);
        bytes += piece.byteLength;
        write(piece);
      }
    });
  } catch (error) {
    if (hasEndedEarly(error)) throw followed(error);
    throw decodeError(error);
  }
  if (inflater.bytesWritten !== input.deflatedBytes) throw followed();
  const view = new DataView(input.trailer.buffer, input.trailer.byteOffset, trailerBytes);
  const isWhole = view.getUint32(0, true) === sum && view.getUint32(4, true) === bytes % 2 ** 32;
  if (!isWhole) throw wrong("corrupt", "does not have its own checksum");
}

/** A member taken apart: what is between its header and the last eight bytes of the input has to be deflate data, all of it. */
class GzipInput {
  readonly #read: ZlibEnds["read"];
  deflatedBytes = 0;
  trailer: Uint8Array = new Uint8Array();

  constructor(read: ZlibEnds["read"]) {
    this.#read = read;
  }

  *deflated(): Generator<Uint8Array> {
    const first = this.#next();
    let chunk = first.subarray(headerBytesOf(first));
    while (chunk.byteLength > 0) {
      const known = Buffer.concat([this.trailer, chunk]);
      const deflated = known.subarray(0, Math.max(0, known.byteLength - trailerBytes));
      this.trailer = known.subarray(deflated.byteLength);
      this.deflatedBytes += deflated.byteLength;
      if (deflated.byteLength > 0) yield deflated;
      chunk = this.#next();
    }
    if (this.trailer.byteLength < trailerBytes) throw wrong("truncated", "is cut off");
  }

  /** Full but for the end, so that the whole header is in the first one. */
  #next(): Uint8Array {
    const buffer = new Uint8Array(chunkBytes);
    let filled = 0;
    while (filled < chunkBytes) {
      const got = this.#read(buffer.subarray(filled));
      if (got === 0) break;
      filled += got;
    }
    return buffer.subarray(0, filled);
  }
}

function headerBytesOf(chunk: Uint8Array): number {
  const flags = chunk[3] ?? 0;
  if (chunk.byteLength < 10) throw wrong("truncated", "is cut off");
  if (chunk[0] !== 0x1f || chunk[1] !== 0x8b || chunk[2] !== 8 || (flags & flagsReserved) !== 0) {
    throw wrong("corrupt", "does not begin as gzip data does");
  }
  let at = 10;
  if ((flags & headerFlags.extra) !== 0) at += 2 + (chunk[at] ?? 0) + 256 * (chunk[at + 1] ?? 0);
  for (const text of [headerFlags.name, headerFlags.comment]) {
    if ((flags & text) === 0) continue;
    const end = chunk.indexOf(0, at);
    if (end === -1) throw wrong("corrupt", "has a header without an end");
    at = end + 1;
  }
  if ((flags & headerFlags.crc) !== 0) at += 2;
  if (at > chunk.byteLength) throw wrong("truncated", "is cut off");
  return at;
}

/** The inflater has ended, and its input has not: by when that was noticed it has one of two codes. */
function hasEndedEarly(error: unknown): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  return error.code === "ABORT_ERR" || error.code === "ERR_STREAM_PREMATURE_CLOSE";
}

function followed(cause?: unknown): ArchiveError {
  return wrong("corrupt", "is followed by something else", cause);
}

function wrong(kind: "truncated" | "corrupt", how: string, cause?: unknown): ArchiveError {
  return new ArchiveError(kind, `Cannot decode the archive: its gzip data ${how}; fetch it again`, { cause });
}
