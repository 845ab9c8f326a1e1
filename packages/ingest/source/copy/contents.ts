import { readSync, writeSync } from "node:fs";
import { copyFileRange, reflink } from "@host-service/disk";
import { codeOf } from "../error.ts";
import { progressPrinter } from "../job-report.ts";
import { reserve } from "../measure.ts";

export interface CopiedDescriptors {
  readonly from: number;
  /** An empty file. */
  readonly to: number;
}

const rangeStepBytes = 64 * 1024 * 1024;
const readStepBytes = 1024 * 1024;

/**
 * The first `bytes` of one file into another, by shared blocks where the file system can, else by the kernel, else by ours. It asks for
 * positions and moves no offset: that of a descriptor from another process is shared with that process.
 */
export async function copyContents(descriptors: CopiedDescriptors, bytes: number): Promise<string> {
  if (reflink(descriptors.from, descriptors.to)) return "reflink";
  await reserve(descriptors.to, { offset: 0, bytes });
  const progress = progressPrinter();
  const copied = copyRanges(descriptors, { bytes, progress });
  if (copied === bytes) return "copy_file_range";
  copyByReading(descriptors, { start: copied, bytes, progress });
  return "read";
}

interface Copying {
  readonly bytes: number;
  readonly progress: (bytes: number) => void;
}

/** Answers how far it came. Some file systems cannot, and some (FUSE, /proc) answer 0 before the end. */
function copyRanges(descriptors: CopiedDescriptors, { bytes, progress }: Copying): number {
  let position = 0;
  while (position < bytes) {
    const count = tryRange(descriptors, { offset: position, bytes: Math.min(rangeStepBytes, bytes - position) });
    if (count === 0) break;
    position += count;
    progress(position);
  }
  return position;
}

// Different or old file systems; see the errors of copy_file_range(2).
const cannotCopyRange = new Set<string | undefined>(["EXDEV", "EINVAL", "ENOSYS", "ENOTSUP", "EPERM"]);

function tryRange({ from, to }: CopiedDescriptors, range: { offset: number; bytes: number }): number {
  try {
    return copyFileRange(from, to, range);
  } catch (error) {
    if (cannotCopyRange.has(codeOf(error))) return 0;
    throw error;
  }
}

/** Stops early where the source has become shorter; the parent compares the sizes. */
function copyByReading({ from, to }: CopiedDescriptors, { start, bytes, progress }: Copying & { start: number }): void {
  const buffer = new Uint8Array(readStepBytes);
  let position = start;
  while (position < bytes) {
    const count = readSync(from, buffer, 0, Math.min(readStepBytes, bytes - position), position);
    if (count === 0) return;
    let written = 0;
    while (written < count) {
      written += writeSync(to, buffer, written, count - written, position + written);
    }
    position += count;
    progress(position);
  }
}
