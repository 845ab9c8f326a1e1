import { ArchiveError } from "../error.ts";
import { type ByteString, printable, terminatedByteString } from "./byte-string.ts";
import { parseNumber } from "./number.ts";
import { corrupt } from "./refusal.ts";

export const blockBytes = 512;

/** One header block as it stands, before pax records and long names are applied. */
export interface Header {
  /** Good only until the reader needs more bytes. */
  readonly block: Uint8Array;
  readonly typeFlag: string;
  readonly path: ByteString;
  readonly linkPath: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly bytes: number;
  readonly mtimeSeconds: number;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

/** undefined for the block of zeros that ends an archive. `after` is the entry before it, for the message. */
export function parseHeader(block: Uint8Array, after: ByteString): Header | undefined {
  if (block[0] === 0 && block.every((byte) => byte === 0)) return undefined;
  if (!hasRightChecksum(block)) {
    const where = after === "" ? "at the start" : `after "${printable(after)}"`;
    throw new ArchiveError(
      "corrupt",
      `Cannot unpack the archive: the header ${where} has a wrong checksum; fetch it again`,
      after === "" ? {} : { entry: printable(after) },
    );
  }
  const name = terminatedByteString(block, 0, 100);
  const path = isUstar(block) ? withPrefix(block, name) : name;
  const number = (at: number, bytes: number, what: string): number => {
    const value = parseNumber(block, at, at + bytes);
    if (value === undefined) throw corrupt(path, `its ${what} is not a number`);
    return value;
  };
  const bytes = number(124, 12, "size");
  if (bytes < 0) throw corrupt(path, "its size is negative");
  const hasDevice = isDevice(block);
  return {
    block,
    typeFlag: String.fromCharCode(block[156] ?? 0),
    path,
    linkPath: terminatedByteString(block, 157, 257),
    mode: number(100, 8, "mode") & 0o7777,
    uid: number(108, 8, "owner"),
    gid: number(116, 8, "group"),
    bytes,
    mtimeSeconds: number(136, 12, "time"),
    deviceMajor: hasDevice ? number(329, 8, "device number") : 0,
    deviceMinor: hasDevice ? number(337, 8, "device number") : 0,
  };
}

/** POSIX sums unsigned bytes; some old tars summed signed ones. The field itself counts as eight blanks. */
export function hasRightChecksum(block: Uint8Array): boolean {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let at = 0; at < blockBytes; at += 1) {
    if (at === 148) at = 156;
    const byte = block[at] ?? 0;
    unsigned += byte;
    high += byte >> 7;
  }
  const stored = parseNumber(block, 148, 156);
  return stored === unsigned || stored === unsigned - high * 256;
}

const ustarMagic = Buffer.from("ustar\0");

function isUstar(block: Uint8Array): boolean {
  return ustarMagic.every((byte, index) => block[257 + index] === byte);
}

function isDevice(block: Uint8Array): boolean {
  return block[156] === 0x33 || block[156] === 0x34;
}

/** GNU's own magic ("ustar  ") has other fields where POSIX has the prefix. */
function withPrefix(block: Uint8Array, name: ByteString): ByteString {
  const prefix = terminatedByteString(block, 345, 500);
  return prefix === "" ? name : `${prefix}/${name}`;
}
