// One resumable upload. Invariants: one request at a time writes to it, and a later one ends an earlier one; its offset is told only when so
// many bytes and the record of them are durable; its bytes change no more once it is complete.
import { stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { realDisk, replaceFile } from "@host-service/disk";
import { closeDescriptor, openToRead } from "../descriptor.ts";
import { TrailingDigest } from "../digest/trailing-digest.ts";
import { IngestError } from "../error.ts";
import { measure } from "../measure.ts";
import { contentLength } from "../receive/content-length.ts";
import type { Reception } from "../reception.ts";
import { appendBody, OutgrownError } from "./append-body.ts";
import { formatState, type UploadState } from "./state.ts";

export interface AppendOptions {
  /** Where the sender believes that the upload goes on. */
  readonly offset: number;
  /** With this request everything has been sent. */
  readonly isLast: boolean;
  /** What the whole will have, where this request says it. */
  readonly length: number | undefined;
}

export class Upload {
  readonly id: string;
  readonly #directory: string;
  #state: UploadState;
  /** What is at work on it, and how to end that; `done` never rejects. */
  #work: { interrupt: () => void; done: Promise<void> } | undefined;

  constructor(id: string, directory: string, state: UploadState) {
    this.id = id;
    this.#directory = directory;
    this.#state = state;
  }

  get state(): UploadState {
    return this.#state;
  }

  get path(): string {
    return join(this.#directory, `${this.id}.upload`);
  }

  get #statePath(): string {
    return `${this.path}.json`;
  }

  /** The first record; the bytes' file is there already, and gets its durable name with it. */
  async create(): Promise<void> {
    await realDisk.create(this.path, "");
    await this.#record({});
  }

  /** Nothing behind the recorded offset counts. It is never made longer: those would be zeros that nobody has sent. */
  async goBackToOffset(): Promise<void> {
    const { size } = await stat(this.path);
    if (size > this.#state.offset) await truncate(this.path, this.#state.offset);
  }

  /** Ends what is at work on it, and waits until its offset is true. */
  async quiet(): Promise<void> {
    while (this.#work !== undefined) await this.#endWork(this.#work);
  }

  async remove(): Promise<void> {
    await this.quiet();
    // The record first: bytes without one are nobody's, and swept at the next start.
    for (const path of [this.#statePath, this.path]) {
      if ((await realDisk.status(path)) !== undefined) await realDisk.unlink(path);
    }
  }

  async append(request: Request, options: AppendOptions, begin: (signal: AbortSignal) => Reception): Promise<void> {
    // Not quiet(): between its answer and our turn another request could begin.
    while (this.#work !== undefined) await this.#endWork(this.#work);
    const ending = new AbortController();
    const reception = begin(ending.signal);
    const done = Promise.withResolvers<void>();
    this.#work = { interrupt: () => ending.abort(), done: done.promise };
    const end = () => {
      this.#work = undefined;
      done.resolve();
    };
    let settled: Promise<unknown> = Promise.resolve();
    try {
      const length = this.#check(request, options, reception);
      this.#state = { ...this.#state, length };
      await this.#withDigest(reception, async (digest) => {
        if (request.body !== null) {
          const { arrived, durable } = await this.#receive(request, reception, options.isLast ? digest : undefined);
          settled = this.#recordWhenDurable(durable);
          await Promise.all([arrived, settled]).catch((error: unknown) => {
            throw ending.signal.aborted ? new IngestError(reception.action, { kind: "superseded" }) : error;
          });
        }
        if (options.isLast) await this.#complete(reception, digest);
      });
    } finally {
      // The answer to a body that was cut comes before its end, since the answer is what ends it.
      void settled.then(end, end);
    }
  }

  /** For reading alone; closed by whoever asked. */
  async open(): Promise<number> {
    return await openToRead(this.path);
  }

  /** What the request says has to fit what is known; answers the length, where that is known now. */
  #check(request: Request, options: AppendOptions, reception: Reception): number | undefined {
    const { action } = reception;
    const { offset, length, sha256 } = this.#state;
    const bytes = bytesOf(request);
    if (sha256 !== undefined) {
      // Nothing more can be appended; the draft calls that an inconsistent length.
      if (bytes === 0) throw new IngestError(action, { kind: "upload-completed" });
      throw new IngestError(action, { kind: "upload-length", length: offset, lengthGiven: offset + (bytes ?? 1) });
    }
    if (options.offset !== offset) {
      throw new IngestError(action, { kind: "upload-offset", offset, offsetGiven: options.offset });
    }
    const given = [options.length, ...(options.isLast && bytes !== undefined ? [offset + bytes] : [])];
    let known = length;
    for (const one of given) {
      if (one === undefined) continue;
      if (known !== undefined && one !== known)
        throw new IngestError(action, { kind: "upload-length", length: known, lengthGiven: one });
      known = one;
    }
    if (known !== undefined && bytes !== undefined && offset + bytes > known) {
      throw new IngestError(action, { kind: "upload-length", length: known, lengthGiven: offset + bytes });
    }
    if (bytes !== undefined && bytes > 0) measure(bytes, reception);
    return known;
  }

  async #receive(request: Request, reception: Reception, digest: TrailingDigest | undefined) {
    const { length, offset } = this.#state;
    const { arrived, durable } = await appendBody(request, {
      path: this.path,
      offset,
      bytes: contentLength(request),
      bytesMax: length ?? Number.MAX_SAFE_INTEGER,
      reception,
      digest,
      checkpoint: (reached) => this.#record({ offset: reached }),
    });
    const checked = arrived.catch(async (error: unknown) => {
      throw await this.#problemOf(error, reception);
    });
    return { arrived: checked, durable };
  }

  async #problemOf(error: unknown, { action }: Reception): Promise<unknown> {
    const { offset: bytes, length } = this.#state;
    if (error instanceof OutgrownError) {
      return new IngestError(
        action,
        { kind: "upload-length", length, lengthGiven: (length ?? 0) + 1 },
        { cause: error },
      );
    }
    if (!(error instanceof Error) || error.name !== "AbortError") return error;
    return new IngestError(action, { kind: "incomplete", bytes, bytesExpected: length }, { cause: error });
  }

  async #recordWhenDurable(durable: Promise<number>): Promise<void> {
    try {
      await this.#record({ offset: await durable });
    } catch (error) {
      // The disk is full, as a rule: what cannot be recorded takes no room either.
      await this.goBackToOffset();
      throw error;
    }
  }

  async #complete({ action }: Reception, digest: TrailingDigest): Promise<void> {
    const { offset, length, sha256Expected } = this.#state;
    if (length !== undefined && offset !== length) {
      throw new IngestError(action, { kind: "upload-length", length, lengthGiven: offset });
    }
    if (offset === 0) throw new IngestError(action, { kind: "empty" });
    const sha256 = await digest.finish(offset);
    if (sha256Expected !== undefined && sha256Expected !== sha256) {
      throw new IngestError(action, { kind: "digest-mismatch", sha256, sha256Expected });
    }
    // The point of no return: from here on nothing is appended, and an install takes it.
    await this.#record({ length: offset, sha256 });
  }

  async #withDigest(reception: Reception, use: (digest: TrailingDigest) => Promise<void>): Promise<void> {
    const reader = await this.open();
    // No later request ends it: what has arrived completely counts.
    const digest = new TrailingDigest({ ...reception, signal: undefined }, reader);
    try {
      await use(digest);
    } finally {
      digest.giveUp();
      await closeDescriptor(reader);
    }
  }

  async #endWork(work: { interrupt: () => void; done: Promise<void> }): Promise<void> {
    work.interrupt();
    await work.done;
  }

  async #record(change: Partial<UploadState>): Promise<void> {
    const state = { ...this.#state, ...change };
    await replaceFile(realDisk, this.#statePath, formatState(state));
    this.#state = state;
  }
}

/** What the request brings, where it says so. */
function bytesOf(request: Request): number | undefined {
  return request.body === null ? 0 : contentLength(request);
}
