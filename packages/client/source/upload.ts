// A file goes as a resumable upload, in pieces: each is durable on the other side when it is answered, so that a lost line costs a part of
// one piece. Follows draft-ietf-httpbis-resumable-upload.
import { Upload, booleanField, booleanOfField, countOfField, digestField, headers } from "@host-service/protocol";
import { partialUploadType, problem } from "@host-service/protocol";
import { ClientError } from "./error.ts";
import { exchange, readDocument } from "./exchange.ts";
import type { Connection } from "./exchange.ts";
import { again } from "./line.ts";
import { validate } from "./validate.ts";

export interface UploadOptions {
  /** Aborting it gives the upload up. */
  signal?: AbortSignal;
  /** How many bytes are durable on the other side. */
  onBytes?: (bytes: number) => void;
}

const mebibyte = 1024 * 1024;

/** A hundredth of the whole is what a lost line may cost. Smaller pieces would wait for the disk more than they send. */
export function pieceBytes(length: number): number {
  return Math.min(64 * mebibyte, Math.max(mebibyte, Math.floor(length / 100)));
}

/** Sends the file, or the rest of it where the other side has its beginning already, and gives back the id of the upload. */
export async function uploadFile(connection: Connection, file: Blob, options: UploadOptions = {}): Promise<string> {
  const { onBytes } = options;
  const sha256 = await digestOf(file);
  const begun = await again(connection, () => begin(connection, { length: file.size, sha256 }));
  const { id } = begun;
  let { offset, isComplete } = begun;
  onBytes?.(offset);
  try {
    while (!isComplete) {
      const from = offset;
      ({ offset, isComplete } = await again(connection, async (attempt) => {
        throwIfCancelled(options.signal);
        if (attempt > 0) return await ask(connection, id);
        return await append(connection, { id, file, from, signal: options.signal });
      }));
      onBytes?.(offset);
    }
  } catch (error) {
    // Nobody will go on with it. A line that is lost for good leaves it to expire.
    if (options.signal?.aborted === true) await giveUp(connection, id);
    throwIfCancelled(options.signal);
    throw error;
  }
  return id;
}

interface Reached {
  offset: number;
  isComplete: boolean;
}

/** The same file finds its upload again: the length and the digest say that it is the same. */
async function begin(
  connection: Connection,
  { length, sha256 }: { length: number; sha256: string },
): Promise<Reached & { id: string }> {
  const response = await exchange(connection, {
    route: "createUpload",
    headers: {
      [headers.uploadComplete]: booleanField(false),
      [headers.uploadLength]: String(length),
      [headers.reprDigest]: digestField(sha256),
    },
  });
  const found = await validate<Upload>(Upload, await readDocument(connection, response, "the upload"));
  if (found.value === undefined)
    throw new ClientError("protocol", `Cannot read the answer to the upload: ${found.issue}`);
  const { id, offset, sha256: verified } = found.value;
  return { id, offset, isComplete: verified !== undefined };
}

async function append(
  connection: Connection,
  { id, file, from, signal }: { id: string; file: Blob; from: number; signal: AbortSignal | undefined },
): Promise<Reached> {
  const end = Math.min(file.size, from + pieceBytes(file.size));
  const isLast = end === file.size;
  connection.trace?.(`upload ${id}: ${end - from} bytes from ${from}`);
  try {
    const response = await exchange(connection, {
      route: "appendUpload",
      parameters: { id },
      ...(signal === undefined ? {} : { signal }),
      // A slice of a file goes by sendfile.
      ...(end === from ? {} : { body: file.slice(from, end) }),
      headers: {
        "content-type": partialUploadType,
        [headers.uploadOffset]: String(from),
        [headers.uploadComplete]: booleanField(isLast),
      },
    });
    return reached(response);
  } catch (error) {
    // An answer that was lost: the other side is further than we thought, and says where.
    const offset = error instanceof ClientError ? error.problem?.["expected-offset"] : undefined;
    if (offset === undefined || offset <= from || offset > file.size) throw error;
    return { offset, isComplete: false };
  }
}

async function ask(connection: Connection, id: string): Promise<Reached> {
  return reached(await exchange(connection, { route: "uploadOffset", parameters: { id } }));
}

function reached(response: Response): Reached {
  const offset = countOfField(response.headers.get(headers.uploadOffset));
  const isComplete = booleanOfField(response.headers.get(headers.uploadComplete));
  if (offset !== undefined && isComplete !== undefined) return { offset, isComplete };
  throw new ClientError("protocol", "Cannot read the answer to the upload: it does not say where to go on");
}

async function giveUp(connection: Connection, id: string): Promise<void> {
  try {
    await exchange(connection, { route: "deleteUpload", parameters: { id } });
  } catch (error) {
    connection.trace?.(`upload ${id}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const cancelled = problem("cancelled", "Cannot send the image: it was cancelled");
  throw new ClientError("problem", cancelled.detail, { problem: cancelled, cause: signal.reason });
}

async function digestOf(file: Blob): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of file.stream()) hasher.update(chunk);
  return hasher.digest("hex");
}
