// Blocks on their way to the device, past the page cache: while some are written, by threads of the runtime, the next one is read and
// hashed. A block that has left the queue is on the device, so that it can be read back; the sync that makes it durable follows.
import { fdatasync, readSync, write } from "node:fs";
import { promisify } from "node:util";
import { alignedMemory, fallocate, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE } from "@host-service/disk";
import { UpgradeError } from "../../error.ts";
import { codeOf, systemReason } from "../../system-error.ts";
import { blockBytes, checksumOf } from "../between-jobs.ts";
import { zeroRuns } from "./zero-runs.ts";

const blocksMax = 4;
/** So often what the device has is made durable, so that the last sync does not keep everybody waiting. */
const syncBytes = 64 * 1024 * 1024;

const writeAt = promisify(write);
const syncData = promisify(fdatasync);

export interface BlockDevice {
  readonly fd: number;
  readonly logicalBlockBytes: number;
}

interface WaitingBlock {
  readonly memory: Uint8Array;
  readonly end: number;
  /** Never rejects: nobody may be waiting yet. */
  readonly failure: Failure;
}

/** What went wrong with something, when it is over. */
type Failure = Promise<{ readonly error: unknown } | undefined>;

export class BlockQueue {
  readonly #device: BlockDevice;
  readonly #onWritten: (end: number) => void;
  readonly #free: Uint8Array[] = Array.from({ length: blocksMax }, () => alignedMemory(blockBytes));
  readonly #waiting: WaitingBlock[] = [];
  #checksum = 0n;
  #canZero = true;
  #syncedTo = 0;
  #syncing: Failure = Promise.resolve(undefined);

  /** `onWritten` hears up to where everything is on the device, in order. */
  constructor(device: BlockDevice, onWritten: (end: number) => void) {
    this.#device = device;
    this.#onWritten = onWritten;
  }

  /** Memory for the next block; waits for the oldest one when all is in use. */
  async takeBlock(): Promise<Uint8Array> {
    return this.#free.pop() ?? (await this.#oldest());
  }

  /** `filled` bytes of a block that was taken go to `position`, a multiple of `blockBytes`; fewer than `blockBytes` only at the end. */
  push(memory: Uint8Array, filled: number, position: number): void {
    this.#checksum = checksumOf(memory.subarray(0, filled), this.#checksum);
    const block = memory.subarray(0, this.#wholeSectors(memory, filled, position));
    const failure = this.#write(block, position).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    this.#waiting.push({ memory, end: position + filled, failure });
  }

  /** Everything that was pushed is on the device, and durable. Answers its checksum. */
  async finish(): Promise<bigint> {
    while (this.#waiting.length > 0) this.#free.push(await this.#oldest());
    await this.#sync();
    await this.#syncedBefore();
    return this.#checksum;
  }

  async #oldest(): Promise<Uint8Array> {
    const block = this.#waiting.shift();
    if (block === undefined) throw new Error("Cannot wait for a block: none is being written");
    const failure = await block.failure;
    if (failure !== undefined) throw failure.error;
    this.#onWritten(block.end);
    if (block.end - this.#syncedTo >= syncBytes) {
      this.#syncedTo = block.end;
      await this.#sync();
    }
    return block.memory;
  }

  /** Begins one when the one before is over, so that no more than twice `syncBytes` ever wait. */
  async #sync(): Promise<void> {
    await this.#syncedBefore();
    this.#syncing = syncData(this.#device.fd).then(
      () => undefined,
      (error: unknown) => ({ error: writeError(error, this.#syncedTo) }),
    );
  }

  async #syncedBefore(): Promise<void> {
    const failure = await this.#syncing;
    if (failure !== undefined) throw failure.error;
  }

  async #write(block: Uint8Array, position: number): Promise<void> {
    for (const { from, to, isZero } of zeroRuns(block)) {
      if (isZero && this.#zero(position + from, to - from)) continue;
      await this.#writeRun(block.subarray(from, to), position + from);
    }
  }

  async #writeRun(run: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < run.byteLength) {
      const { bytesWritten } = await writeAt(this.#device.fd, run, done, run.byteLength - done, position + done).catch(
        (error: unknown) => {
          throw writeError(error, position + done);
        },
      );
      done += bytesWritten;
    }
  }

  /** False where the device cannot: then zeros are written like anything else. Afterwards the kernel guarantees zeros there. */
  #zero(position: number, bytes: number): boolean {
    if (!this.#canZero) return false;
    try {
      fallocate(this.#device.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, position, bytes);
    } catch (error) {
      if (codeOf(error) !== "ENOTSUP") throw writeError(error, position);
      this.#canZero = false;
    }
    return this.#canZero;
  }

  /** The device takes whole sectors: what it has behind the image in the last one is kept. Answers the length with that. */
  #wholeSectors(memory: Uint8Array, filled: number, position: number): number {
    const { fd, logicalBlockBytes } = this.#device;
    const over = filled % logicalBlockBytes;
    if (over === 0) return filled;
    const sector = alignedMemory(logicalBlockBytes);
    readSync(fd, sector, 0, logicalBlockBytes, position + filled - over);
    memory.set(sector.subarray(over), filled);
    return filled - over + logicalBlockBytes;
  }
}

function writeError(error: unknown, position: number): UpgradeError {
  const why = `${systemReason(error)} at byte ${position}`;
  return new UpgradeError("io", `Cannot write the slot: ${why}; the device is faulty, or was taken away`, {
    cause: error,
  });
}
