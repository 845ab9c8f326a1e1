// Up to where the slot can be read back: eight bytes a time from the job that writes to the one that reads.
import { readSync, writeSync } from "node:fs";
import { codeOf } from "../system-error.ts";

export const markBytes = 8;

/** Waits for the next mark; undefined when there comes no other. A pipe takes so few bytes whole or not at all. */
export function readMark(fd: number, buffer: Uint8Array): number | undefined {
  const count = readSync(fd, buffer, 0, markBytes, null);
  return count < markBytes ? undefined : Number(viewOf(buffer).getBigUint64(0, true));
}

export function writeMark(fd: number, end: number): void {
  const buffer = new Uint8Array(markBytes);
  viewOf(buffer).setBigUint64(0, BigInt(end), true);
  try {
    writeSync(fd, buffer);
  } catch (error) {
    // The reader has gone, and whoever started both hears why from itself.
    if (codeOf(error) !== "EPIPE") throw error;
  }
}

function viewOf(buffer: Uint8Array): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
