import { FALLOC_FL_KEEP_SIZE, fallocate, freeSpace } from "@host-service/disk";
import type { FilePart } from "./descriptor.ts";
import { codeOf, IngestError, messageOf } from "./error.ts";
import type { PartialFile } from "./partial-file.ts";
import type { Reception } from "./reception.ts";

const reserveStepBytes = 64 * 1024 * 1024;
const cannotReserve = new Set<string | undefined>(["ENOTSUP", "ENOSYS"]);

/** Before the first byte: is it something, is it allowed, is there room. */
export function measure(bytes: number, reception: Reception): void {
  if (bytes === 0) throw new IngestError(reception.action, { kind: "empty" });
  checkSize(bytes, reception);
  const bytesFree = bytesFreeFor(reception);
  if (bytes + reception.limits.reserveBytes > bytesFree) throw noSpace(reception, bytes, bytesFree);
}

export function checkSize(bytes: number, { action, limits }: Reception): void {
  const bytesMax = limits.imageBytesMax;
  if (bytes <= bytesMax) return;
  const nextStep =
    limits.isFixed === true
      ? "check that it is the right file"
      : "raise limits.image_bytes_max in the daemon's configuration if it is wanted";
  throw new IngestError(action, { kind: "too-large", bytes, bytesMax, nextStep });
}

/** For a body of unknown length, while it arrives. */
export function checkSpaceLeft(bytes: number, reception: Reception): void {
  const bytesFree = bytesFreeFor(reception);
  if (bytesFree < reception.limits.reserveBytes) throw noSpace(reception, bytes, bytesFree + bytes);
}

/**
 * Takes the room for what is to come while the size of the file still says what has arrived. In steps, so that the event
 * loop never waits for long.
 */
export async function reserve(fd: number, { offset: start, bytes }: FilePart): Promise<void> {
  const end = start + bytes;
  for (let offset = start; offset < end; offset += reserveStepBytes) {
    try {
      fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, Math.min(reserveStepBytes, end - offset));
    } catch (error) {
      // A file system without it fills up while it is written, which is told then.
      if (cannotReserve.has(codeOf(error))) return;
      throw error;
    }
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

/** The disk was full although there was room before. */
export function filledUp(
  reception: Reception,
  partial: Pick<PartialFile, "bytes" | "bytesTaken">,
  options: { bytesExpected: number | undefined; cause: unknown },
): IngestError {
  const bytesNeeded = options.bytesExpected ?? partial.bytes + 1;
  const bytesFree = bytesFreeFor(reception) + partial.bytesTaken;
  return noSpace(reception, bytesNeeded, bytesFree, options.cause);
}

function bytesFreeFor({ action, directory }: Reception): number {
  try {
    return freeSpace(directory).bytes;
  } catch (error) {
    throw new IngestError(action, { kind: "failed", reason: messageOf(error) }, { cause: error });
  }
}

function noSpace(
  { action, directory, limits }: Reception,
  bytesNeeded: number,
  bytesFree: number,
  cause?: unknown,
): IngestError {
  const bytesReserved = limits.reserveBytes;
  return new IngestError(action, { kind: "no-space", bytesNeeded, bytesFree, bytesReserved, directory }, { cause });
}
