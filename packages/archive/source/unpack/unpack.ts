// The parent's side: which processes do the work, and what is made of how they end.
import { closeSync, constants, fstatSync, openSync, readSync, readdirSync } from "node:fs";
import { pipe, seek } from "@host-service/disk";
import { type ArchiveFormat, headBytes, recognise } from "../decode/recognise.ts";
import { ArchiveError } from "../error.ts";
import type { Child } from "./child.ts";
import { type Decoder, startDecoder } from "./decoder-process.ts";
import type { UnpackOptions, UnpackReport } from "./options.ts";
import { type UnpackJob, startUnpackJob } from "./unpack-process.ts";

export type { UnpackOptions, UnpackReport } from "./options.ts";

/** So that neither side waits for the other at each small piece. */
const pipeBytes = 1024 * 1024;

/** Throws ArchiveError. When it has settled, whatever it started has ended, and nobody writes into the directory. */
export async function unpack(options: UnpackOptions): Promise<UnpackReport> {
  const { archive, directory, signal } = options;
  if (signal?.aborted === true) throw cancelled(signal);
  const format = formatOf(archive);
  const directoryFd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if (readdirSync(directory).length > 0) {
      throw new ArchiveError("failed", `Cannot unpack into "${directory}": it is not empty`);
    }
    seek(archive.fd, archive.offset);
    return format === "tar"
      ? await unpackFromFile(options, directoryFd)
      : await unpackFromDecoder(options, directoryFd, format);
  } finally {
    closeSync(directoryFd);
  }
}

function formatOf({ fd, offset, bytes }: UnpackOptions["archive"]): ArchiveFormat {
  const fileBytes = fstatSync(fd).size;
  if (offset + bytes > fileBytes) {
    throw new ArchiveError(
      "truncated",
      `Cannot unpack the archive: ${offset + bytes - fileBytes} of its bytes are missing`,
    );
  }
  // A decoder reads to the end of the file, so what stands there would be taken for a part of the archive.
  if (offset + bytes < fileBytes) {
    throw new ArchiveError("failed", "Cannot unpack the archive: it is not the last part of its file");
  }
  const head = new Uint8Array(Math.min(headBytes, bytes));
  const read = readSync(fd, head, 0, head.byteLength, offset);
  return recognise(head.subarray(0, read));
}

async function unpackFromFile(options: UnpackOptions, directoryFd: number): Promise<UnpackReport> {
  const { fd, bytes } = options.archive;
  const job = startUnpackJob(options, { input: fd, directoryFd, bytes, writesAtOnce: false });
  const [outcome] = await together([job.child], options.signal, [job.outcome]);
  if (outcome instanceof ArchiveError) throw outcome;
  return outcome;
}

/** archive → decoder → pipe → job: two processes, so that one decodes while the other writes. */
async function unpackFromDecoder(
  options: UnpackOptions,
  directoryFd: number,
  format: Exclude<ArchiveFormat, "tar">,
): Promise<UnpackReport> {
  const { program, archive, xz = "auto" } = options;
  const ends = pipe({ bytes: pipeBytes });
  let decoder: Decoder | undefined;
  let job: UnpackJob;
  try {
    decoder = startDecoder({ program, format, xz, input: archive.fd, output: ends.write });
    // xz keeps the processors busy and the disk idle; the others come faster than a disk writes, and gain nothing.
    job = startUnpackJob(options, { input: ends.read, directoryFd, writesAtOnce: format === "tar.xz" });
  } catch (error) {
    decoder?.child.kill();
    await decoder?.child.ended;
    throw error;
  } finally {
    closeSync(ends.read);
    closeSync(ends.write);
  }
  const { child, failure } = decoder;
  // When the job ends early nobody reads any more.
  const outcome = job.outcome.finally(() => child.kill());
  const [ending, result] = await together([child, job.child], options.signal, [child.ended, outcome]);
  // A job that refused has itself broken the decoder's pipe. One that ran out of input did so because of the decoder.
  const isOwnRefusal = result instanceof ArchiveError && result.kind !== "truncated";
  if (isOwnRefusal) throw result;
  const cause = failure(ending);
  if (cause !== undefined) throw cause;
  if (result instanceof ArchiveError) throw result;
  return result;
}

/** Waits for all of it; an abort kills the children first, and is then the reason, whatever they said. */
async function together<const Results extends readonly unknown[]>(
  children: readonly Child[],
  signal: AbortSignal | undefined,
  results: Results,
): Promise<{ -readonly [Index in keyof Results]: Awaited<Results[Index]> }> {
  const kill = (): void => {
    for (const child of children) child.kill();
  };
  signal?.addEventListener("abort", kill, { once: true });
  if (signal?.aborted === true) kill();
  try {
    const all = await Promise.all(results);
    if (signal?.aborted === true) throw cancelled(signal);
    return all;
  } finally {
    signal?.removeEventListener("abort", kill);
    kill();
    await Promise.all(children.map((child) => child.ended));
  }
}

function cancelled(signal: AbortSignal): ArchiveError {
  return new ArchiveError("cancelled", "Cannot unpack the archive: it was cancelled", { cause: signal.reason });
}
