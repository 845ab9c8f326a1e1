import { ArchiveError } from "../error.ts";
import { readAt } from "./read-at.ts";
import type { Extent } from "./read-at.ts";
import { blockBytes, parseHeader } from "../tar/header.ts";

export type ArchiveFormat = "tar" | "tar.xz" | "tar.zst" | "tar.gz";

/** So many bytes of the beginning are enough for `recognise`: one tar block. */
export const headBytes = blockBytes;

interface Magic {
  offset: number;
  bytes: readonly number[];
}

const compressed: readonly (Magic & { format: ArchiveFormat })[] = [
  { format: "tar.xz", offset: 0, bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { format: "tar.zst", offset: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { format: "tar.gz", offset: 0, bytes: [0x1f, 0x8b, 0x08] },
];

const ascii = (text: string) => [...Buffer.from(text, "latin1")];
const others: readonly (Magic & { what: string })[] = [
  { what: "a squashfs file system", offset: 0, bytes: ascii("hsqs") },
  { what: "a zip file", offset: 0, bytes: ascii("PK\u0003\u0004") },
  { what: "bzip2", offset: 0, bytes: ascii("BZh") },
  { what: "lz4", offset: 0, bytes: [0x04, 0x22, 0x4d, 0x18] },
  { what: "lzip", offset: 0, bytes: ascii("LZIP") },
  { what: "the old lzma format", offset: 0, bytes: [0x5d, 0x00, 0x00] },
  { what: "a program", offset: 0, bytes: [0x7f, ...ascii("ELF")] },
  { what: "a cpio archive", offset: 0, bytes: ascii("0707") },
  { what: "a Debian package or an ar archive", offset: 0, bytes: ascii("!<arch>") },
];

/** What an archive is by its first `headBytes` bytes, whatever it is called. Throws ArchiveError "not-an-archive". */
export function recognise(head: Uint8Array): ArchiveFormat {
  for (const { format, ...magic } of compressed) if (has(head, magic)) return format;
  if (isSkippedZstd(head)) return "tar.zst";
  if (isTarHeader(head)) return "tar";
  const found = others.find((magic) => has(head, magic))?.what;
  const why =
    head.byteLength === 0
      ? "it is empty"
      : found === undefined
        ? "its beginning is of no known format"
        : `it is ${found}`;
  throw new ArchiveError(
    "not-an-archive",
    `Cannot read the archive: ${why}; give a tar, plain or packed with xz, zstd or gzip`,
  );
}

/** The same for an archive that lies in a file. */
export function recogniseAt(fd: number, { offset, bytes }: Extent): ArchiveFormat {
  return recognise(readAt(fd, { offset, bytes: Math.min(headBytes, bytes) }));
}

function has(head: Uint8Array, magic: Magic): boolean {
  return magic.bytes.every((byte, index) => head[magic.offset + index] === byte);
}

/** pzstd and seekable files begin with a skippable frame (RFC 8878, section 3.1.2), which lz4 has as well: what follows it decides. */
function isSkippedZstd(head: Uint8Array): boolean {
  if (head.byteLength < 8 || !has(head, { offset: 1, bytes: [0x2a, 0x4d, 0x18] }) || (head[0] ?? 0) >> 4 !== 5)
    return false;
  const frameBytes = new DataView(head.buffer, head.byteOffset).getUint32(4, true);
  return has(head, { offset: 8 + frameBytes, bytes: [0x28, 0xb5, 0x2f, 0xfd] });
}

/** A tar without any entry is two blocks of zeros, and is a tar. The "ustar" magic alone is not enough: the checksum has to fit. */
function isTarHeader(head: Uint8Array): boolean {
  if (head.byteLength < headBytes) return false;
  try {
    parseHeader(head.subarray(0, headBytes), "");
    return true;
  } catch (error) {
    if (error instanceof ArchiveError) return false;
    throw error;
  }
}
