import type { PayloadSink, PayloadStart } from "@host-service/artifact";
import { UpgradeError } from "../../error.ts";
import { blockBytes, type Findings } from "../between-jobs.ts";
import { BlockQueue, type BlockDevice } from "./block-queue.ts";

export interface SlotSinkOptions {
  readonly device: BlockDevice & { readonly bytes: number };
  /** Awaited before the first byte of the slot changes; what it throws leaves the slot as it was. */
  readonly onBegin: (start: PayloadStart) => Promise<void> | void;
  /** Up to where the payload is on the device. */
  readonly onWritten: (end: number) => void;
  /** Waits for what was read back, when all of it has been written. */
  readonly readBack: () => Findings;
}

/** Collects the payload in blocks, lets them be written, and answers for what the device has. */
export class SlotSink implements PayloadSink {
  readonly #options: SlotSinkOptions;
  readonly #queue: BlockQueue;
  #block: Uint8Array | undefined;
  #filled = 0;
  #position = 0;

  constructor(options: SlotSinkOptions) {
    this.#options = options;
    this.#queue = new BlockQueue(options.device, options.onWritten);
  }

  async begin(start: PayloadStart): Promise<void> {
    if (start.bytes !== undefined) this.#checkFits(start.bytes);
    await this.#options.onBegin(start);
    this.#block = await this.#queue.takeBlock();
  }

  /** Most chunks only fill a block, and nothing is waited for. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    const room = blockBytes - this.#filled;
    if (this.#block !== undefined && chunk.byteLength < room) {
      this.#block.set(chunk, this.#filled);
      this.#filled += chunk.byteLength;
      return undefined;
    }
    return this.#writeOver(chunk);
  }

  /** All of the payload is on the device, durable, and was read back: answers the sha-256 of that. */
  async end(): Promise<string> {
    const bytes = this.#position + this.#filled;
    this.#checkFits(bytes);
    if (this.#block !== undefined && this.#filled > 0) this.#queue.push(this.#block, this.#filled, this.#position);
    const checksum = await this.#queue.finish();
    const found = this.#options.readBack();
    if (found.checksum === checksum) return found.sha256;
    const why = "what was read back is not what was written; the device is faulty";
    throw new UpgradeError("io", `Cannot trust the slot: ${why}`);
  }

  async #writeOver(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (this.#block === undefined) throw new Error("Cannot write the slot: a payload has to begin first");
      const part = rest.subarray(0, blockBytes - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (this.#filled < blockBytes) return;
      this.#checkFits(this.#position + blockBytes);
      this.#queue.push(this.#block, blockBytes, this.#position);
      this.#position += blockBytes;
      this.#filled = 0;
      this.#block = await this.#queue.takeBlock();
    }
  }

  #checkFits(bytes: number): void {
    const { bytes: slotBytes } = this.#options.device;
    if (bytes <= slotBytes) return;
    throw new UpgradeError("space", `Cannot install the image: it has at least ${bytes} bytes, the slot ${slotBytes}`);
  }
}
