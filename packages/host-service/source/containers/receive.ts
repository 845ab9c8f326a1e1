// Bytes from outside become the parts of an image: a bundle as the body, or a source for each part. What comes out is the
// same for both. Every file of the inbox is discarded when the image is staged, whatever happens on the way.
import { truncate } from "node:fs/promises";
import { metaBytesMax, readBundle } from "@host-service/archive";
import type { BundlePart, PartRole } from "@host-service/archive";
import type { Inbox, InboxFile, Uploads } from "@host-service/ingest";
import type { InstallRequest, Source } from "@host-service/protocol";
import { checkParts, readStatement } from "@host-service/signature";
import type { Policy, Statement } from "@host-service/signature";
import type { HandOvers } from "../hand-overs/hand-overs.ts";
import type { Operation } from "../operations/operation.ts";
import { readBytes, readText } from "./read-text.ts";
import { pathOf } from "./source-path.ts";

/** What an install is given: the request's body, or the sources that its JSON names. */
export type ImageSource =
  | { kind: "bundle"; request: Request; sha256: string | undefined }
  | { kind: "parts"; parts: InstallRequest; mayNamePaths: boolean; owner: string };

/** An archive in a file of the inbox, to whose end it reaches. `sha256` is in hexadecimal. */
export interface ArchivePart {
  fd: number;
  offset: number;
  bytes: number;
  sha256: string;
}

export interface ImageParts {
  config: { text: string; sha256: string };
  rootfs: ArchivePart;
  meta: ArchivePart | undefined;
  /** What its manifest and its signature say; the parts agree with it. */
  statement: Statement;
}

/** A config.yaml is text that a person wrote. */
const configBytesMax = 1024 * 1024;
const statementBytesMax = 64 * 1024;

interface ReceptionOptions {
  inbox: Inbox;
  /** Absent where nobody can have sent one. */
  uploads?: Uploads;
  handOvers?: HandOvers;
  operation: Operation;
  policy: Policy;
}

/** Receives all parts, gives them to `use`, and discards them when `use` has settled. */
export async function withImageParts<Result>(
  source: ImageSource,
  options: ReceptionOptions,
  use: (parts: ImageParts) => Promise<Result>,
): Promise<Result> {
  const reception = new Reception(options);
  try {
    const parts = source.kind === "bundle" ? await reception.bundle(source) : await reception.parts(source);
    checkDigests(parts);
    const result = await use(parts);
    await reception.useUpUploads();
    return result;
  } finally {
    await reception.discard();
  }
}

class Reception {
  readonly #inbox: Inbox;
  readonly #operation: Operation;
  readonly #policy: Policy;
  readonly #uploads: Uploads | undefined;
  readonly #handOvers: HandOvers | undefined;
  readonly #files: InboxFile[] = [];
  readonly #usedUploads: { owner: string; id: string }[] = [];

  constructor({ inbox, uploads, handOvers, operation, policy }: ReceptionOptions) {
    this.#inbox = inbox;
    this.#uploads = uploads;
    this.#handOvers = handOvers;
    this.#operation = operation;
    this.#policy = policy;
  }

  async bundle(source: Extract<ImageSource, { kind: "bundle" }>): Promise<ImageParts> {
    const file = await this.#inbox.receiveBody(source.request, {
      ...this.#watched("the bundle"),
      sha256: source.sha256,
    });
    this.#files.push(file);
    this.#operation.markReceived();
    const bundle = readBundle(file.fd, file.bytes);
    const find = (role: PartRole) => bundle.parts.find((part) => part.role === role);
    const statement = this.#statement({
      manifest: await readIfThere(file.fd, find("manifest")),
      signature: await readIfThere(file.fd, find("signature")),
    });
    const config = await readText(file.fd, bundle.config);
    const metaPart = find("meta");
    const meta = metaPart && (await this.#metaOf(file, metaPart));
    // The rootfs is the last part: without the padding behind it, whoever decodes to the end of the file has read it all.
    await truncate(file.path, bundle.rootfs.offset + bundle.rootfs.bytes);
    const sha256 = await this.#inbox.digestPart(file, bundle.rootfs, this.#watched(bundle.rootfs.name));
    const rootfs = { fd: file.fd, offset: bundle.rootfs.offset, bytes: bundle.rootfs.bytes, sha256 };
    return { config: { text: config, sha256: sha256Of(config) }, rootfs, meta, statement };
  }

  async parts(source: Extract<ImageSource, { kind: "parts" }>): Promise<ImageParts> {
    this.#operation.markReceived();
    const { parts, mayNamePaths, owner } = source;
    const readSmall = async (source: Source | undefined, name: string) => {
      if (source === undefined) return undefined;
      const file = await this.#receive(source, { name, mayNamePaths, owner, bytesMax: statementBytesMax });
      return await readBytes(file.fd, { name, offset: 0, bytes: file.bytes });
    };
    const statement = this.#statement({
      manifest: await readSmall(parts.manifest, "the manifest"),
      signature: await readSmall(parts.signature, "the signature"),
    });
    const config = await this.#receive(parts.config, {
      name: "config.yaml",
      mayNamePaths,
      owner,
      bytesMax: configBytesMax,
    });
    const text = await readText(config.fd, { offset: 0, bytes: config.bytes });
    const meta =
      parts.meta === undefined
        ? undefined
        : await this.#receive(parts.meta, { name: "the metadata", mayNamePaths, owner, bytesMax: metaBytesMax });
    const rootfs = await this.#receive(parts.rootfs, { name: "the rootfs", mayNamePaths, owner });
    return {
      config: { text, sha256: config.sha256 },
      rootfs: wholeFile(rootfs),
      meta: meta && wholeFile(meta),
      statement,
    };
  }

  /** Before anything large is read: an image that is not trusted costs no more than that. */
  #statement(given: { manifest: Uint8Array | undefined; signature: Uint8Array | undefined }): Statement {
    return readStatement(given, this.#policy, new Date());
  }

  /** When the image is staged. Of one that is refused they are kept, so that nothing has to be sent again. */
  async useUpUploads(): Promise<void> {
    for (const { owner, id } of this.#usedUploads) {
      // Whatever is in the way, the image is staged; what is left expires.
      await this.#uploads?.remove(owner, id).catch(() => undefined);
    }
  }

  async discard(): Promise<void> {
    for (const file of this.#files) await file.discard();
  }

  async #receive(
    source: Source,
    options: { name: string; mayNamePaths: boolean; owner: string; bytesMax?: number },
  ): Promise<InboxFile> {
    const file = await this.#fileOf(source, options);
    this.#files.push(file);
    return file;
  }

  async #fileOf(
    source: Source,
    { name, mayNamePaths, owner, bytesMax }: { name: string; mayNamePaths: boolean; owner: string; bytesMax?: number },
  ): Promise<InboxFile> {
    const receive = { ...this.#watched(name), ...(bytesMax === undefined ? {} : { bytesMax }) };
    if ("inline" in source) return await this.#inbox.receiveText(source.inline, receive);
    if ("token" in source && this.#handOvers !== undefined) {
      const { token } = source;
      return await this.#handOvers.use({ owner, token, name }, (connection, options) =>
        this.#inbox.receiveHandedOver(connection, { ...receive, ...options }),
      );
    }
    if ("upload" in source && this.#uploads !== undefined) {
      this.#usedUploads.push({ owner, id: source.upload });
      return await this.#uploads.take(owner, source.upload, { name, bytesMax });
    }
    return await this.#inbox.receivePath(pathOf(source, { name, mayNamePaths, instead: "send a bundle" }), {
      ...receive,
      name: undefined,
    });
  }

  /** A metadata archive lies in the middle of the bundle; it is small, so that a file of its own costs nothing. */
  async #metaOf(bundle: InboxFile, part: BundlePart): Promise<ArchivePart> {
    const file = await this.#inbox.receivePart(bundle, part, this.#watched(part.name));
    this.#files.push(file);
    return wholeFile(file);
  }

  #watched(name: string) {
    const operation = this.#operation;
    return {
      name,
      signal: operation.signal,
      onProgress: (progress: { phase: "receive" | "verify"; bytes: number; bytesTotal?: number }) =>
        operation.report({ part: name, ...progress }),
    };
  }
}

function wholeFile(file: InboxFile): ArchivePart {
  return { fd: file.fd, offset: 0, bytes: file.bytes, sha256: file.sha256 };
}

async function readIfThere(fd: number, part: BundlePart | undefined): Promise<Uint8Array | undefined> {
  return part && (await readBytes(fd, part));
}

/** The digests were made of our own copies, so what they stand for is what will be used. */
function checkDigests({ config, rootfs, meta, statement }: ImageParts): void {
  if (statement.manifest === undefined) return;
  checkParts(statement.manifest, {
    config: { sha256: config.sha256, bytes: Buffer.byteLength(config.text) },
    rootfs,
    meta,
  });
}

function sha256Of(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
