import { fstatSync, readSync } from "node:fs";
import { startWriting } from "@host-service/disk";
import { progressPrinter, reportJob } from "../job-report.ts";
import { toldBytes } from "./told-bytes.ts";

const stepBytes = 1024 * 1024;
/** How often the disk is told to begin; it has the rest to do when the file is synced. */
const writingStepBytes = 16 * stepBytes;
const file = 3;

/**
 * `job digest {"bytes":N,"offset":M}`: the sha-256 of a part of the file that is descriptor 3, from M on. N bytes of it are there; how far it
 * reaches after that is told by lines on standard input, until that ends.
 */
export function runDigestJob(argv: string[]): Promise<number> {
  return reportJob(argv, async ({ bytes, offset }) => {
    const part = new HashedPart(offset);
    part.hashUpTo(bytes);
    let bytesWriting = 0;
    for await (const told of toldBytes(Bun.stdin.stream())) {
      part.hashUpTo(told);
      // The sender is slower than we are, so there is time for the disk to begin: the sync at the end then finds little to do.
      if (told - bytesWriting >= writingStepBytes && fstatSync(file).size - told < writingStepBytes) {
        startWriting(file);
        bytesWriting = told;
      }
    }
    return { sha256: part.digest() };
  });
}

/** By position: the offset belongs to whoever shares the descriptor. */
class HashedPart {
  readonly #offset: number;
  readonly #hasher = new Bun.CryptoHasher("sha256");
  readonly #buffer = new Uint8Array(stepBytes);
  readonly #progress = progressPrinter();
  #position = 0;

  constructor(offset: number) {
    this.#offset = offset;
  }

  hashUpTo(bytes: number): void {
    while (this.#position < bytes) {
      const wanted = Math.min(stepBytes, bytes - this.#position);
      const count = readSync(file, this.#buffer, 0, wanted, this.#offset + this.#position);
      if (count === 0) throw new Error(`the inbox file ended after ${this.#position} of ${bytes} bytes`);
      this.#hasher.update(this.#buffer.subarray(0, count));
      this.#position += count;
      this.#progress(this.#position);
    }
  }

  digest(): string {
    return this.#hasher.digest("hex");
  }
}
