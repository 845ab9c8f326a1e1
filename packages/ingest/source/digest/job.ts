import { readSync } from "node:fs";
import type { FilePart } from "../descriptor.ts";
import { progressPrinter, reportJob } from "../job-report.ts";

const stepBytes = 1024 * 1024;
const standardInput = 0;

/** `job digest {"bytes":N,"offset":M}`: the sha-256 of N bytes of the file that is its standard input, from M on. */
export function runDigestJob(argv: string[]): Promise<number> {
  return reportJob(argv, (part) => ({ sha256: hashDescriptor(standardInput, part) }));
}

/** By position: the offset belongs to whoever shares the descriptor. */
function hashDescriptor(fd: number, { offset, bytes }: FilePart): string {
  const hasher = new Bun.CryptoHasher("sha256");
  const buffer = new Uint8Array(stepBytes);
  const progress = progressPrinter();
  let position = 0;
  while (position < bytes) {
    const count = readSync(fd, buffer, 0, Math.min(stepBytes, bytes - position), offset + position);
    if (count === 0) throw new Error(`the inbox file ended after ${position} of ${bytes} bytes`);
    hasher.update(buffer.subarray(0, count));
    position += count;
    progress(position);
  }
  return hasher.digest("hex");
}
