import { readSync, writeSync } from "node:fs";
import { copyFileRange, reflink } from "@host-service/disk";
import { codeOf } from "../error.ts";
import { progressPrinter, reportJob } from "../job-report.ts";
import { reserve } from "../measure.ts";

const fromFd = 3;
const toFd = 4;
const rangeStepBytes = 64 * 1024 * 1024;
const readStepBytes = 1024 * 1024;

/** `job copy {"bytes":N,"offset":0}`: from descriptor 3 to the empty file that is descriptor 4, both at offset 0. */
export function runCopyJob(argv: string[]): Promise<number> {
  return reportJob(argv, async ({ bytes }) => {
    if (reflink(fromFd, toFd)) return { way: "reflink" };
    await reserve(toFd, bytes);
    const progress = progressPrinter();
    const copied = copyRanges(bytes, progress);
    if (copied === bytes) return { way: "copy_file_range" };
    copyByReading(copied, bytes, progress);
    return { way: "read" };
  });
}

/** Answers how far it came. Some file systems cannot, and some (FUSE, /proc) answer 0 before the end. */
function copyRanges(bytes: number, progress: (bytes: number) => void): number {
  let position = 0;
  while (position < bytes) {
    const count = tryRange(Math.min(rangeStepBytes, bytes - position));
    if (count === 0) break;
    position += count;
    progress(position);
  }
  return position;
}

// Different or old file systems; see the errors of copy_file_range(2).
const cannotCopyRange = new Set<string | undefined>(["EXDEV", "EINVAL", "ENOSYS", "ENOTSUP", "EPERM"]);

function tryRange(bytes: number): number {
  try {
    return copyFileRange(fromFd, toFd, bytes);
  } catch (error) {
    if (cannotCopyRange.has(codeOf(error))) return 0;
    throw error;
  }
}

/** Stops early where the source has become shorter; the parent compares the sizes. */
function copyByReading(start: number, bytes: number, progress: (bytes: number) => void): void {
  const buffer = new Uint8Array(readStepBytes);
  let position = start;
  while (position < bytes) {
    const count = readSync(fromFd, buffer, 0, Math.min(readStepBytes, bytes - position), position);
    if (count === 0) return;
    let written = 0;
    while (written < count) {
      written += writeSync(toFd, buffer, written, count - written, position + written);
    }
    position += count;
    progress(position);
  }
}
