// What the job that writes and the one that reads back tell each other, through two pipes: up to where the slot can be read, eight bytes a
// time, and at the end what was found there. A pipe takes so few bytes whole or not at all.
import { readSync, writeSync } from "node:fs";
import { codeOf } from "../system-error.ts";

const markBytes = 8;
const marksMax = 64;
const checksumBytes = 8;
const digestBytes = 32;

/** What a slot holds as far as it was written, or read back. */
export interface Findings {
  /** Tells a faulty device from a damaged upgrade; see `checksumOf`. */
  readonly checksum: bigint;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Blocks of this size are summed up, by both. */
export const blockBytes = 2 * 1024 * 1024;

/** Of a block behind those whose checksum is `before`. Fast, and against faults alone: nobody is trusted for it. */
export function checksumOf(block: Uint8Array, before: bigint): bigint {
  return Bun.hash.xxHash3(block, before);
}

/** Waits for the next mark, and takes the last of those that are there; undefined when there comes no other. */
export function readMark(fd: number): number | undefined {
  const bytes = Buffer.alloc(marksMax * markBytes);
  const count = readSync(fd, bytes, 0, bytes.byteLength, null);
  return count < markBytes ? undefined : Number(bytes.readBigUInt64LE(count - markBytes));
}

export function writeMark(fd: number, end: number): void {
  const bytes = Buffer.alloc(markBytes);
  bytes.writeBigUInt64LE(BigInt(end));
  write(fd, bytes);
}

/** Waits for them; undefined when there come none. */
export function readFindings(fd: number): Findings | undefined {
  const bytes = Buffer.alloc(checksumBytes + digestBytes);
  if (readSync(fd, bytes, 0, bytes.byteLength, null) < bytes.byteLength) return undefined;
  return { checksum: bytes.readBigUInt64LE(), sha256: bytes.toString("hex", checksumBytes) };
}

export function writeFindings(fd: number, { checksum, sha256 }: Findings): void {
  const bytes = Buffer.alloc(checksumBytes + digestBytes);
  bytes.writeBigUInt64LE(checksum);
  bytes.write(sha256, checksumBytes, "hex");
  write(fd, bytes);
}

function write(fd: number, bytes: Uint8Array): void {
  try {
    writeSync(fd, bytes);
  } catch (error) {
    // The other job has gone, and whoever started both hears why from itself.
    if (codeOf(error) !== "EPIPE") throw error;
  }
}
