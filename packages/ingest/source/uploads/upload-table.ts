// All resumable uploads of this inbox: who has which, how many and for how long. They outlive the daemon; what is incomplete, expired or
// unreadable is removed at the start.
import { rm } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { realDisk } from "@host-service/disk";
import { closeDescriptor } from "../descriptor.ts";
import { codeOf, IngestError, messageOf, quote } from "../error.ts";
import type { InboxFile } from "../inbox.ts";
import { checkSize, filledUp, measure } from "../measure.ts";
import { type Reception, startReception } from "../reception.ts";
import { LostBytesError, OutgrownError } from "./append-body.ts";
import { idInName, isUploadId, parseState } from "./state.ts";
import { type AppendOptions, Upload } from "./upload.ts";
import type { NewUpload, Uploads, UploadsOptions, UploadView } from "./uploads.ts";

const stateBytesMax = 16 * 1024;

export class UploadTable implements Uploads {
  readonly #options: UploadsOptions;
  readonly #uploads = new Map<string, Upload>();

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /** What an earlier run left. Bytes without a record, records without their bytes and what has expired are removed. */
  async load(): Promise<void> {
    const { directory } = this.#options;
    const ids = new Set((await realDisk.list(directory)).flatMap((name) => idInName(name) ?? []));
    for (const id of ids) {
      const upload = await this.#read(id);
      if (upload === undefined || this.#msLeft(upload) <= 0) await this.#erase(id);
      else this.#uploads.set(id, upload);
    }
  }

  async sweep(): Promise<void> {
    for (const upload of this.#uploads.values()) {
      if (this.#msLeft(upload) <= 0) await this.#drop(upload).catch(laterAgain);
    }
  }

  async begin(owner: string, { length, sha256 }: NewUpload): Promise<UploadView> {
    const reception = this.#reception("begin the upload");
    if (length !== undefined) checkSize(length, reception);
    const own = this.#of(owner);
    const same = sha256 === undefined || length === undefined ? undefined : own.find(hasSame(length, sha256));
    if (same !== undefined) {
      await same.quiet();
      return this.#view(same);
    }
    const { uploadsMax } = this.#options.limits;
    if (own.length >= uploadsMax) throw new IngestError(reception.action, { kind: "too-many-uploads", uploadsMax });
    if (length !== undefined && length > 0) measure(length, reception);
    const upload = new Upload(randomBytes(16).toString("hex"), this.#options.directory, {
      format: 1,
      owner,
      createdAtMs: this.#now(),
      length,
      sha256Expected: sha256,
      offset: 0,
      sha256: undefined,
    });
    // Counted before it is there, or many at once would all be the first.
    this.#uploads.set(upload.id, upload);
    try {
      await upload.create();
    } catch (error) {
      this.#uploads.delete(upload.id);
      await this.#erase(upload.id);
      throw this.#failure(error, reception);
    }
    return this.#view(upload);
  }

  async find(owner: string, id: string): Promise<UploadView> {
    const upload = this.#get(owner, id, "find the upload");
    await upload.quiet();
    return this.#view(upload);
  }

  async append(owner: string, id: string, request: Request, options: AppendOptions): Promise<UploadView> {
    const action = `continue the upload ${quote(id.slice(0, 64))}`;
    const upload = this.#get(owner, id, action);
    try {
      await upload.append(request, options, (signal) => this.#reception(action, signal));
    } catch (error) {
      const failure = this.#failure(error, this.#reception(action), upload);
      // These bytes will never be what was meant. Not waited for: the answer is what ends a body that still arrives.
      const isUnusable = failure.cause instanceof OutgrownError || failure.cause instanceof LostBytesError;
      if (failure.kind === "digest-mismatch" || isUnusable) void this.#drop(upload).catch(laterAgain);
      throw failure;
    }
    return this.#view(upload);
  }

  async remove(owner: string, id: string): Promise<void> {
    await this.#drop(this.#get(owner, id, "delete the upload"));
  }

  async take(owner: string, id: string, options: { name: string; bytesMax?: number | undefined }): Promise<InboxFile> {
    const action = `receive ${quote(options.name)} from the upload`;
    const upload = this.#get(owner, id, action);
    await upload.quiet();
    const { sha256, offset: bytes, length } = upload.state;
    if (sha256 === undefined) throw new IngestError(action, { kind: "upload-incomplete", bytes, length });
    const imageBytesMax = Math.min(this.#options.limits.imageBytesMax, options.bytesMax ?? Number.MAX_SAFE_INTEGER);
    const reception = this.#reception(action);
    checkSize(bytes, { ...reception, limits: { ...reception.limits, imageBytesMax } });
    const fd = await upload.open();
    let closed: Promise<void> | undefined;
    return { path: upload.path, fd, bytes, sha256, discard: () => (closed ??= closeDescriptor(fd)) };
  }

  async removeAllOf(owner: string): Promise<void> {
    for (const upload of this.#of(owner)) await this.#drop(upload);
  }

  async #read(id: string): Promise<Upload | undefined> {
    const upload = new Upload(id, this.#options.directory, nothing);
    const [bytes, record] = await Promise.all([realDisk.status(upload.path), realDisk.status(`${upload.path}.json`)]);
    if (bytes?.type !== "file" || record?.type !== "file") return undefined;
    const text = await realDisk.read(`${upload.path}.json`, { bytesMax: stateBytesMax });
    const state = parseState(new TextDecoder().decode(text));
    // Fewer bytes than were told to be durable: its sender may no longer have them, so nothing of it is of use.
    if (state === undefined || bytes.bytes < state.offset) return undefined;
    const known = new Upload(id, this.#options.directory, state);
    await known.goBackToOffset();
    return known;
  }

  #get(owner: string, id: string, action: string): Upload {
    const upload = isUploadId(id) ? this.#uploads.get(id) : undefined;
    if (upload !== undefined && upload.state.owner === owner && this.#msLeft(upload) > 0) return upload;
    throw new IngestError(action, { kind: "unknown-upload" });
  }

  #of(owner: string): Upload[] {
    return [...this.#uploads.values()].filter((upload) => upload.state.owner === owner && this.#msLeft(upload) > 0);
  }

  async #drop(upload: Upload): Promise<void> {
    this.#uploads.delete(upload.id);
    await upload.remove();
  }

  async #erase(id: string): Promise<void> {
    for (const name of [`.${id}.upload.json.new`, `${id}.upload.json`, `${id}.upload`]) {
      await rm(join(this.#options.directory, name), { force: true, recursive: true });
    }
  }

  #view(upload: Upload): UploadView {
    const { offset, length, sha256 } = upload.state;
    const secondsLeft = Math.max(0, Math.floor(this.#msLeft(upload) / 1000));
    return { id: upload.id, offset, length, sha256, secondsLeft };
  }

  /** A clock that went back makes nobody wait longer than the whole age. */
  #msLeft({ state }: Upload): number {
    return this.#options.limits.uploadAgeMaxMs - Math.max(0, this.#now() - state.createdAtMs);
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #reception(action: string, signal?: AbortSignal): Reception {
    return { ...startReception(this.#options, action, { signal }), action };
  }

  #failure(error: unknown, reception: Reception, upload?: Upload): IngestError {
    if (error instanceof IngestError) return error;
    const { action } = reception;
    const code = codeOf(error);
    if (code === "ENOSPC" || code === "EDQUOT") {
      const bytes = upload?.state.offset ?? 0;
      const bytesExpected = upload?.state.length;
      return filledUp(reception, { bytes, bytesTaken: bytes }, { bytesExpected, cause: error });
    }
    return new IngestError(action, { kind: "failed", reason: messageOf(error) }, { cause: error });
  }
}

const nothing = {
  format: 1,
  owner: "",
  createdAtMs: 0,
  length: undefined,
  sha256Expected: undefined,
  offset: 0,
  sha256: undefined,
} as const;

function hasSame(length: number, sha256: string): (upload: Upload) => boolean {
  return ({ state }) => state.length === length && state.sha256Expected === sha256;
}

/** What could not be removed now is unknown to everybody and swept at the next start. */
function laterAgain(): void {}
