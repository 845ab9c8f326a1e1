// The order of a reception: open, measure, receive, verify, publish. Whatever goes wrong on the way, no
// name is left in the inbox.
import { rm } from "node:fs/promises";
import { closeDescriptor, type FilePart } from "./descriptor.ts";
import { digest } from "./digest/digest.ts";
import { TrailingDigest } from "./digest/trailing-digest.ts";
import { codeOf, IngestError, messageOf } from "./error.ts";
import type { InboxLimits } from "./limits.ts";
import { checkSize, filledUp, measure } from "./measure.ts";
import { PartialFile } from "./partial-file.ts";
import { prepareDirectory } from "./prepare-directory.ts";
import { bodySource } from "./receive/body.ts";
import { handedOverSource } from "./receive/handed-over.ts";
import { openPath, openPathToRead, type OpenedPath } from "./receive/path.ts";
import type { Source } from "./receive/source.ts";
import { partSource, textSource } from "./receive/contents.ts";
import { type Reception, type ReceptionOptions, startReception } from "./reception.ts";
import { verify } from "./verify.ts";

export interface InboxOptions {
  /** Made with mode 0700 where it is missing; what an earlier run left in it is removed. */
  readonly directory: string;
  /** The argv that starts this program; `job copy` and `job digest` are appended. */
  readonly program: readonly string[];
  readonly limits: InboxLimits;
}

export interface ReceiveOptions extends ReceptionOptions {
  /** What must arrive; for a body, Content-Length where this is not given. */
  readonly bytesExpected?: number | undefined;
  /** Less than the inbox allows, for what is known to be small. */
  readonly bytesMax?: number | undefined;
  /** In hexadecimal; the file is refused when it has another one. */
  readonly sha256?: string | undefined;
  /** How errors call it, words such as "the bundle", or a file's name; a path calls itself. */
  readonly name?: string | undefined;
}

/** A complete, verified and synced file that belongs to its receiver until `discard`. */
export interface InboxFile {
  readonly path: string;
  /** For reading alone, its offset at 0. */
  readonly fd: number;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
  /** Unlinks and closes; a second call does nothing. */
  discard(): Promise<void>;
}

/** Everything rejects with an `IngestError`, and then nothing is left in the inbox. */
export interface Inbox {
  /**
   * Rejects as soon as the body stalls, outgrows its limit or is cancelled, while it may still be arriving. The
   * request has to be answered then, with `Connection: close`: that is what ends the body.
   */
  receiveBody(request: Request, options?: ReceiveOptions): Promise<InboxFile>;
  /** The path is absolute and of this mount namespace. */
  receivePath(path: string, options?: ReceiveOptions): Promise<InboxFile>;
  /** The same file with the same checks, but open where it lies and not received. */
  openPath(path: string, options?: ReceptionOptions): Promise<OpenedPath>;
  /**
   * The open file that the other side of this connected Unix socket has sent with its first byte. The connection stays the caller's; this
   * process never holds the file.
   */
  receiveHandedOver(connection: number, options: ReceiveOptions & { name: string }): Promise<InboxFile>;
  receiveText(text: string, options: ReceiveOptions & { name: string }): Promise<InboxFile>;
  /** A small part of a file of the inbox as a file of its own. */
  receivePart(file: InboxFile, part: FilePart, options: ReceiveOptions & { name: string }): Promise<InboxFile>;
  /** The sha-256 of a part of a file of the inbox, in hexadecimal. */
  digestPart(file: InboxFile, part: FilePart, options: ReceptionOptions & { name: string }): Promise<string>;
}

export async function openInbox(options: InboxOptions): Promise<Inbox> {
  await prepareDirectory(options.directory);
  const start = (name: string, { bytesMax, ...receive }: ReceiveOptions) => {
    const imageBytesMax = Math.min(options.limits.imageBytesMax, bytesMax ?? Number.MAX_SAFE_INTEGER);
    const limits = { ...options.limits, imageBytesMax, isFixed: imageBytesMax !== options.limits.imageBytesMax };
    return startReception({ ...options, limits }, name, receive);
  };
  return {
    receiveBody(request, receive = {}) {
      const reception = start(receive.name ?? "body", receive);
      return store(reception, receive, () => bodySource(request, receive.bytesExpected));
    },
    receivePath(path, receive = {}) {
      const reception = start(receive.name ?? path, receive);
      return store(reception, receive, () => openPath(path, reception));
    },
    async openPath(path, receive = {}) {
      const reception = start(path, receive);
      const opened = await openPathToRead(path, reception);
      try {
        checkSize(opened.bytes, reception);
        return opened;
      } catch (error) {
        opened.close();
        throw error;
      }
    },
    receiveHandedOver(connection, receive) {
      const reception = start(receive.name, receive);
      return store(reception, receive, () => handedOverSource(connection));
    },
    receiveText(text, receive) {
      const reception = start(receive.name, receive);
      return store(reception, receive, () => textSource(text, reception));
    },
    receivePart(file, part, receive) {
      const reception = start(receive.name, receive);
      return store(reception, receive, () => partSource(file.fd, part, reception));
    },
    async digestPart(file, part, receive) {
      const reception = start(receive.name, receive);
      try {
        return await digest(reception, file.fd, part);
      } catch (error) {
        throw asFailure(error, reception);
      }
    },
  };
}

async function store(
  reception: Reception,
  options: ReceiveOptions,
  open: () => Source | Promise<Source>,
): Promise<InboxFile> {
  const source = await openSource(open, reception);
  try {
    const bytesExpected = options.bytesExpected ?? source.bytesExpected;
    if (bytesExpected !== undefined) measure(bytesExpected, reception);
    return await fill(source, reception, { bytesExpected, sha256: options.sha256 });
  } finally {
    source.close();
  }
}

async function openSource(open: () => Source | Promise<Source>, reception: Reception): Promise<Source> {
  try {
    return await open();
  } catch (error) {
    throw asFailure(error, reception);
  }
}

async function fill(
  source: Source,
  reception: Reception,
  { bytesExpected, sha256 }: { bytesExpected: number | undefined; sha256: string | undefined },
): Promise<InboxFile> {
  const partial = await createPartial(reception);
  const digest = new TrailingDigest(reception, partial.reader);
  try {
    await source.fill(partial, reception, digest);
    await partial.seal();
    const verified = await verify(reception, partial, { digest, bytesExpected, sha256 });
    // The point of no return: the file has its final name, and belongs to the receiver.
    const { path, fd } = await partial.publish();
    return { path, fd, ...verified, discard: discarder(path, fd) };
  } catch (error) {
    const problem = toIngestError(error, { reception, partial, bytesExpected });
    digest.giveUp();
    await partial.abandon();
    throw problem;
  }
}

async function createPartial(reception: Reception): Promise<PartialFile> {
  try {
    return await PartialFile.create(reception.directory);
  } catch (error) {
    const { action, directory } = reception;
    const code = codeOf(error);
    if (code === "ENOSPC" || code === "EDQUOT")
      throw new IngestError(action, { kind: "no-inodes", directory }, { cause: error });
    throw asFailure(error, reception);
  }
}

function toIngestError(
  error: unknown,
  context: { reception: Reception; partial: PartialFile; bytesExpected: number | undefined },
): IngestError {
  if (error instanceof IngestError) return error;
  const { reception, partial, bytesExpected } = context;
  const code = codeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return filledUp(reception, partial, { bytesExpected, cause: error });
  }
  return asFailure(error, reception);
}

function asFailure(error: unknown, { action }: Reception): IngestError {
  if (error instanceof IngestError) return error;
  return new IngestError(action, { kind: "failed", reason: messageOf(error) }, { cause: error });
}

/** The name goes at once; the bytes go with the descriptor, which takes a while for a large file and is not waited for. */
function discarder(path: string, fd: number): () => Promise<void> {
  let discarded: Promise<void> | undefined;
  return () => {
    discarded ??= rm(path, { force: true }).finally(() => {
      // It was only read from, so that nothing is lost by a close that fails.
      closeDescriptor(fd).catch(() => undefined);
    });
    return discarded;
  };
}
