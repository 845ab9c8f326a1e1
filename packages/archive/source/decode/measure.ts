import { ArchiveError } from "../error.ts";
import { readAt } from "./read-at.ts";
import type { Extent } from "./read-at.ts";
import type { ArchiveFormat } from "./recognise.ts";
import { readXzIndex } from "./xz-index.ts";
import { readZstdSizes } from "./zstd-frames.ts";

/** Of the deflate format: a match of 258 bytes takes two bits at least. */
const deflateRatioMax = 1032;

/** What an archive says about its size before anything is unpacked: a claim, good for a first check of space and limits only. */
export type Measurement =
  | { size: "stated"; unpackedBytes: number; blocks?: number }
  | { size: "at-least"; unpackedBytes: number }
  | { size: "unknown"; unpackedBytes?: undefined };

/** Reads a few small pieces of the file. Throws ArchiveError "truncated" or "corrupt" where the file shows it. */
export function measure(fd: number, extent: Extent, format: ArchiveFormat): Measurement {
  switch (format) {
    case "tar":
      return { size: "stated", unpackedBytes: extent.bytes };
    case "tar.xz": {
      const index = readXzIndex(fd, extent);
      if (index === undefined) return { size: "unknown" };
      return { size: "stated", unpackedBytes: index.unpackedBytes, blocks: index.blocks };
    }
    case "tar.zst": {
      const unpackedBytes = readZstdSizes(fd, extent);
      return unpackedBytes === undefined ? { size: "unknown" } : { size: "stated", unpackedBytes };
    }
    case "tar.gz":
      return measureGzip(fd, extent);
  }
}

/** The last member's size modulo 4 GiB (RFC 1952, ISIZE): less than the truth for larger ones and for several members. */
function measureGzip(fd: number, extent: Extent): Measurement {
  // 10 bytes of header, 2 of an empty deflate block, 8 of trailer.
  const trailer =
    extent.bytes < 20 ? new Uint8Array() : readAt(fd, { offset: extent.offset + extent.bytes - 4, bytes: 4 });
  if (trailer.byteLength < 4) throw cutOff();
  const unpackedBytes = new DataView(trailer.buffer, trailer.byteOffset, trailer.byteLength).getUint32(0, true);
  // What no deflate data can unpack to is no size, but bytes from the middle of the data.
  if (unpackedBytes > deflateRatioMax * extent.bytes) throw cutOff();
  return { size: "at-least", unpackedBytes };
}

function cutOff(): ArchiveError {
  return new ArchiveError("truncated", "Cannot read the archive: its gzip data was cut off; fetch it again");
}
