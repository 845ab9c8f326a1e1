import { readSync } from "node:fs";
import { progressPrinter, reportJob } from "../job-report.ts";

const stepBytes = 1024 * 1024;
const standardInput = 0;

/** `job digest {"bytes":N}`: the sha-256 of the file that is its standard input. */
export function runDigestJob(argv: string[]): Promise<number> {
  return reportJob(argv, (bytes) => ({ sha256: hashDescriptor(standardInput, bytes) }));
}

/** By position: the offset belongs to whoever shares the descriptor. */
function hashDescriptor(fd: number, bytes: number): string {
  const hasher = new Bun.CryptoHasher("sha256");
  const buffer = new Uint8Array(stepBytes);
  const progress = progressPrinter();
  let position = 0;
  while (position < bytes) {
    const count = readSync(fd, buffer, 0, Math.min(stepBytes, bytes - position), position);
    if (count === 0) throw new Error(`the inbox file ended after ${position} of ${bytes} bytes`);
    hasher.update(buffer.subarray(0, count));
    position += count;
    progress(position);
  }
  return hasher.digest("hex");
}
