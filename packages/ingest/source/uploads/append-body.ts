// A body goes behind what the file of an upload has. Invariant: the descriptor's own position is how far it came, since the runtime takes
// room for a body first, and the size then says more than has arrived.
import { fstatSync, ftruncate, write } from "node:fs";
import { promisify } from "node:util";
import { seek } from "@host-service/disk";
import { closeDescriptor, openToWrite, syncDescriptor } from "../descriptor.ts";
import type { TrailingDigest } from "../digest/trailing-digest.ts";
import { IngestError } from "../error.ts";
import { whileItGrows } from "../growth.ts";
import { checkSize, checkSpaceLeft, reserve } from "../measure.ts";
import type { Reception } from "../reception.ts";
import { type Watch, watched } from "../stall-timer.ts";

const writeDescriptor = promisify(write);
const truncateDescriptor = promisify(ftruncate);

/** A daemon that dies in the middle of one long request loses no more than this. */
const checkpointBytes = 64 * 1024 * 1024;

export interface Destination {
  readonly path: string;
  /** So many bytes of the file count; what else is there goes. */
  readonly offset: number;
  /** What the request says that it brings; undefined where it comes in chunks. */
  readonly bytes: number | undefined;
  readonly bytesMax: number;
  readonly reception: Reception;
  /** Given where everything has arrived with this body. */
  readonly digest: TrailingDigest | undefined;
  /** Is told how much is durable while more arrives. */
  readonly checkpoint: (bytes: number) => Promise<void>;
}

export interface Appending {
  /** Rejects as soon as the body stalls, outgrows its limit or is superseded, while it may still be arriving. */
  readonly arrived: Promise<void>;
  /** Resolves to how many bytes the file has when nothing is written any more and they are durable; rejects where that cannot be. */
  readonly durable: Promise<number>;
}

export async function appendBody(request: Request, destination: Destination): Promise<Appending> {
  const { reception } = destination;
  const { action, signal, limits } = reception;
  const fd = await openBehind(destination);
  // From here to the watch nothing waits, so that it cannot begin without ending.
  if (signal?.aborted === true) {
    await closeDescriptor(fd);
    throw new IngestError(action, { kind: "cancelled" });
  }
  const written = Promise.withResolvers<void>();
  const { stallTimeoutMs } = limits;
  let checkpointing: Promise<void> = Promise.resolve();
  const arrived = watched({ action, signal, stallTimeoutMs }, (watch) => {
    const write = writeBody(request, fd, destination);
    write.then(written.resolve, () => written.resolve());
    const growing = growth(fd, { watch, destination }, (bytes) => {
      checkpointing = syncDescriptor(fd).then(() => destination.checkpoint(bytes));
      return checkpointing;
    });
    return Promise.race([write, growing]);
  });
  return {
    arrived,
    durable: settle(fd, { written: written.promise, checkpointing: () => checkpointing, destination }),
  };
}

async function openBehind({ path, offset, bytes }: Destination): Promise<number> {
  const fd = await openToWrite(path);
  try {
    await cutTo(fd, offset);
    if (bytes !== undefined) await reserve(fd, { offset, bytes });
    seek(fd, offset);
    return fd;
  } catch (error) {
    await closeDescriptor(fd);
    throw error;
  }
}

/** What has arrived is written also when the body is cut. */
async function writeBody(request: Request, fd: number, { offset, bytes }: Destination): Promise<void> {
  // Bun.write empties the file when a body has nothing in it, which chunks tell only at their end.
  const mayBeEmpty = bytes === undefined || bytes === 0;
  if (mayBeEmpty && offset > 0 && request.body !== null) await writeChunks(request.body, fd);
  else await Bun.write(Bun.file(fd), request);
}

async function writeChunks(body: ReadableStream<Uint8Array>, fd: number): Promise<void> {
  for await (const chunk of body) {
    let done = 0;
    while (done < chunk.byteLength) {
      const { bytesWritten } = await writeDescriptor(fd, chunk, done, chunk.byteLength - done);
      done += bytesWritten;
    }
  }
}

async function settle(
  fd: number,
  work: { written: Promise<void>; checkpointing: () => Promise<void>; destination: Destination },
): Promise<number> {
  try {
    await work.written;
    const bytes = seek(fd, 0, "current");
    work.destination.digest?.reached(bytes);
    await work.checkpointing();
    await cutTo(fd, bytes);
    await syncDescriptor(fd);
    return bytes;
  } finally {
    await closeDescriptor(fd);
  }
}

/** Also gives back what was reserved behind. Never makes it longer: those would be zeros that nobody has sent. */
async function cutTo(fd: number, bytes: number): Promise<void> {
  if (fstatSync(fd).size < bytes) throw new LostBytesError("its file is shorter than what has arrived");
  await truncateDescriptor(fd, bytes);
}

/** Never resolves; rejects when the body outgrows what it may take, or a checkpoint fails. */
function growth(
  fd: number,
  { watch, destination }: { watch: Watch; destination: Destination },
  checkpoint: (bytes: number) => Promise<void>,
): Promise<never> {
  const { offset, bytesMax, digest, reception } = destination;
  let bytesSeen = offset;
  let bytesDurable = offset;
  let isBusy = false;
  return whileItGrows(watch, (fail) => {
    const bytes = seek(fd, 0, "current");
    if (bytes === bytesSeen) return;
    bytesSeen = bytes;
    watch.alive();
    digest?.reached(bytes);
    checkSize(bytes, reception);
    if (destination.bytes === undefined) checkSpaceLeft(bytes, reception);
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

/** Something is gone that was told to be durable. */
export class LostBytesError extends Error {
  override readonly name = "LostBytesError";
}
