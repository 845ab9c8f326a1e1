import { fstatSync, write } from "node:fs";
import { promisify } from "node:util";
import { closeDescriptor, openToAppend, syncDescriptor } from "../descriptor.ts";
import { IngestError } from "../error.ts";
import { whileItGrows } from "../growth.ts";
import { checkSize, checkSpaceLeft } from "../measure.ts";
import type { Reception } from "../reception.ts";
import { type Watch, watched } from "../stall-timer.ts";

const writeDescriptor = promisify(write);

/** A daemon that dies in the middle of one long request loses no more than this. */
const checkpointBytes = 64 * 1024 * 1024;

export interface Appending {
  /** Rejects as soon as the body stalls, outgrows its limit or is superseded, while it may still be arriving. */
  readonly arrived: Promise<void>;
  /** Resolves to the size of the file when nothing is written any more and everything is durable; rejects where that cannot be. */
  readonly durable: Promise<number>;
}

/**
 * Writes a body behind what a file has, chunk by chunk and no faster than the disk. Not by Bun.write, which begins anew with a body
 * that has arrived before it looks: into a new file that does no harm, but behind other bytes they stand there twice.
 */
export async function appendBody(
  body: ReadableStream<Uint8Array>,
  file: { path: string; reception: Reception; bytesMax: number; checkpoint: (bytes: number) => Promise<void> },
): Promise<Appending> {
  const { path, reception, bytesMax, checkpoint } = file;
  const { action, signal, limits } = reception;
  const fd = await openToAppend(path);
  if (signal?.aborted === true) {
    await closeDescriptor(fd);
    throw new IngestError(action, { kind: "cancelled" });
  }
  const written = Promise.withResolvers<void>();
  const { stallTimeoutMs } = limits;
  let checkpointing: Promise<void> = Promise.resolve();
  const arrived = watched({ action, signal, stallTimeoutMs }, (watch) => {
    const write = writeAll(body, fd);
    write.then(written.resolve, () => written.resolve());
    const growing = growth(fd, { watch, bytesMax, reception }, (bytes) => {
      checkpointing = syncDescriptor(fd).then(() => checkpoint(bytes));
      return checkpointing;
    });
    return Promise.race([write, growing]);
  });
  return { arrived, durable: settle(fd, written.promise, () => checkpointing) };
}

/** What has arrived is written also when the body is cut. */
async function writeAll(body: ReadableStream<Uint8Array>, fd: number): Promise<void> {
  for await (const chunk of body) {
    let done = 0;
    while (done < chunk.byteLength) {
      const { bytesWritten } = await writeDescriptor(fd, chunk, done, chunk.byteLength - done);
      done += bytesWritten;
    }
  }
}

async function settle(fd: number, written: Promise<void>, checkpointing: () => Promise<void>): Promise<number> {
  try {
    await written;
    await checkpointing();
    await syncDescriptor(fd);
    return fstatSync(fd).size;
  } finally {
    await closeDescriptor(fd);
  }
}

/** Never resolves; rejects when the body outgrows what it may take, or a checkpoint fails. */
function growth(
  fd: number,
  limit: { watch: Watch; bytesMax: number; reception: Reception },
  checkpoint: (bytes: number) => Promise<void>,
): Promise<never> {
  const { watch, bytesMax, reception } = limit;
  let bytesSeen = fstatSync(fd).size;
  let bytesDurable = bytesSeen;
  let isBusy = false;
  return whileItGrows(watch, (fail) => {
    const bytes = fstatSync(fd).size;
    if (bytes === bytesSeen) return;
    bytesSeen = bytes;
    watch.alive();
    checkSize(bytes, reception);
    checkSpaceLeft(bytes, reception);
    if (bytes > bytesMax) throw new OutgrownError();
    if (isBusy || bytes - bytesDurable < checkpointBytes) return;
    isBusy = true;
    bytesDurable = bytes;
    checkpoint(bytes).then(() => (isBusy = false), fail);
  });
}

/** The body is longer than the upload was said to be. */
export class OutgrownError extends Error {
  override readonly name = "OutgrownError";
}
