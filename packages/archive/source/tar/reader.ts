// A reader of our own, since tar-stream decodes pax values as UTF-8 (which breaks security.capability) and has no sparse files.
import { ArchiveError } from "../error.ts";
import { ByteQueue } from "./byte-queue.ts";
import { type ByteString, printable, terminatedByteString } from "./byte-string.ts";
import { type Extensions, type TarEntry, entryTypeOf, fileEntry, nameOf, plainEntry } from "./entry.ts";
import { type Header, blockBytes, parseHeader } from "./header.ts";
import { type ArchiveLimits, entryLimits } from "./limits.ts";
import { type PaxAttributes, joined, noAttributes, readGlobalPax, readPax } from "./pax.ts";
import { corrupt, refused } from "./refusal.ts";
import { type Region, checkRegions, oldSparseFileBytes, readMapInData, readOldMap, regionsOfPairs } from "./sparse.ts";

/** What becomes of the entries; called in the order of the archive, and never asynchronously. */
export interface TarSink {
  entry(entry: TarEntry): void;
  /** Contents of the last entry, a file. The view is good only during the call. */
  contents(bytes: Uint8Array, offset: number): void;
  /** After the last byte of a file. */
  fileEnd(): void;
}

/** Extended headers that wait for the entry that they are about. */
interface Pending {
  pax?: PaxAttributes;
  longPath?: ByteString;
  longLink?: ByteString;
}

/** Reads a tar stream that is pushed in pieces: v7, ustar, GNU and pax, over bytes. */
export class TarReader {
  readonly #queue = new ByteQueue(() => this.#truncated());
  readonly #sink: TarSink;
  readonly #limits: ArchiveLimits;
  readonly #walk: Generator<void, void, void>;
  #global: PaxAttributes = noAttributes();
  #pending: Pending = {};
  /** Name of the entry that is being read, or of the last one. */
  #name: ByteString = "";
  #entries = 0;
  #bytes = 0;

  constructor(sink: TarSink, limits: ArchiveLimits) {
    this.#sink = sink;
    this.#limits = limits;
    this.#walk = this.#read();
    this.#walk.next();
  }

  /** Everything in `chunk` has been used when this returns, so the caller may overwrite it. */
  push(chunk: Uint8Array): void {
    this.#queue.push(chunk);
    this.#walk.next();
  }

  /** The stream has ended; throws if the archive had not. */
  end(): void {
    this.#queue.end();
    this.#walk.next();
  }

  *#read(): Generator<void, void, void> {
    while (true) {
      const header = parseHeader(yield* this.#queue.take(blockBytes), this.#name);
      if (header === undefined) break;
      const extensions = this.#extensions();
      this.#name = nameOf(header, extensions);
      if (yield* this.#readExtension(header)) continue;
      this.#count();
      yield* this.#readMember(header, extensions);
      this.#pending = {};
    }
    if (Object.keys(this.#pending).length > 0) throw corrupt(this.#name, "its extended header has no entry after it");
    yield* this.#readAfterEnd();
  }

  /** What follows the end means nothing, but it is read: a decoder reports its damage only there. */
  *#readAfterEnd(): Generator<void, void, void> {
    if ((yield* this.#queue.take(blockBytes)).some((byte) => byte !== 0)) {
      throw new ArchiveError(
        "corrupt",
        "Cannot unpack the archive: a block of zeros stands where a header should be; fetch it again",
      );
    }
    let bytes = 0;
    while (yield* this.#queue.more()) {
      bytes += (yield* this.#queue.some(Number.MAX_SAFE_INTEGER)).byteLength;
      if (bytes > this.#limits.unpackedBytesMax) {
        const limit = this.#limits.unpackedBytesMax;
        throw new ArchiveError("too-large", `Cannot unpack the archive: more than ${limit} bytes follow its end`);
      }
    }
  }

  /** True when the header was about a later entry, and is kept for that. */
  *#readExtension(header: Header): Generator<void, boolean, void> {
    const pending = this.#pending;
    const once = (earlier: unknown): void => {
      if (earlier !== undefined) throw corrupt(this.#name, "it has two extended headers of one kind");
    };
    switch (header.typeFlag) {
      case "x":
        once(pending.pax);
        pending.pax = readPax(yield* this.#body(header, entryLimits.paxBytesMax), this.#name);
        return true;
      case "g": {
        this.#count();
        const body = yield* this.#body(header, entryLimits.paxBytesMax);
        this.#global = joined(this.#global, readGlobalPax(body, this.#name));
        return true;
      }
      case "L":
        once(pending.longPath);
        pending.longPath = terminatedByteString(yield* this.#body(header, entryLimits.longNameBytesMax));
        return true;
      case "K":
        once(pending.longLink);
        pending.longLink = terminatedByteString(yield* this.#body(header, entryLimits.longNameBytesMax));
        return true;
      default:
        return false;
    }
  }

  *#body(header: Header, bytesMax: number): Generator<void, Uint8Array, void> {
    if (header.bytes > bytesMax) {
      throw refused(this.#name, `its extended header has ${header.bytes} bytes, more than ${bytesMax}`);
    }
    // Copied, as the padding may come with the next chunk.
    const body = (yield* this.#queue.take(header.bytes)).slice();
    yield* this.#queue.skip(paddingOf(header.bytes));
    return body;
  }

  *#readMember(header: Header, extensions: Extensions): Generator<void, void, void> {
    const type = entryTypeOf(header, this.#name);
    const stored = extensions.pax.bytes ?? header.bytes;
    if (type === "file") return yield* this.#readFile(header, extensions, stored);
    if (stored > 0) throw refused(this.#name, `it has ${stored} bytes of contents, but it is not a file`);
    this.#sink.entry(plainEntry(type, header, extensions));
  }

  *#readFile(header: Header, extensions: Extensions, stored: number): Generator<void, void, void> {
    const sparseBytes = sparseFileBytes(header, extensions.pax, this.#name);
    const bytes = sparseBytes ?? stored;
    this.#reserve(bytes);
    const regions =
      sparseBytes === undefined
        ? [{ offset: 0, bytes }]
        : yield* this.#readRegions(header, extensions.pax, { file: bytes, stored });
    this.#sink.entry(fileEntry(header, extensions, { bytes, regions }));
    for (const region of regions) yield* this.#readRegion(region);
    this.#sink.fileEnd();
    yield* this.#queue.skip(paddingOf(stored));
  }

  *#readRegions(
    header: Header,
    pax: PaxAttributes,
    sizes: { file: number; stored: number },
  ): Generator<void, Region[], void> {
    if (header.typeFlag === "S") {
      const regions = yield* readOldMap(this.#queue, header.block, this.#name);
      return checkRegions(regions, this.#name, sizes);
    }
    if (pax.sparse?.major === 1) {
      const { regions, mapBytes } = yield* readMapInData(this.#queue, this.#name, sizes.stored);
      return checkRegions(regions, this.#name, { file: sizes.file, stored: sizes.stored - mapBytes });
    }
    return checkRegions(regionsOfPairs(pax.sparse?.map ?? [], this.#name), this.#name, sizes);
  }

  *#readRegion(region: Region): Generator<void, void, void> {
    let { offset } = region;
    const end = offset + region.bytes;
    while (offset < end) {
      const part = yield* this.#queue.some(end - offset);
      this.#sink.contents(part, offset);
      offset += part.byteLength;
    }
  }

  #extensions(): Extensions {
    const { pax, longPath, longLink } = this.#pending;
    return { pax: pax === undefined ? this.#global : joined(this.#global, pax), longPath, longLink };
  }

  #count(): void {
    this.#entries += 1;
    if (this.#entries <= this.#limits.entriesMax) return;
    throw new ArchiveError(
      "too-many-entries",
      `Cannot unpack the archive: it has more than ${this.#limits.entriesMax} entries`,
      { entry: printable(this.#name) },
    );
  }

  /** Before anything of the file is written, so a bomb is refused for what it says and not for what it did. */
  #reserve(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#limits.unpackedBytesMax) return;
    const entry = printable(this.#name);
    throw new ArchiveError(
      "too-large",
      `Cannot unpack "${entry}": with its ${bytes} bytes the archive holds more than ${this.#limits.unpackedBytesMax}`,
      { entry },
    );
  }

  #truncated(): ArchiveError {
    const where = this.#name === "" ? "before its first entry" : `in or after "${printable(this.#name)}"`;
    return new ArchiveError(
      "truncated",
      `Cannot unpack the archive: it ends ${where}, without an end-of-archive mark; fetch it again`,
      this.#name === "" ? {} : { entry: printable(this.#name) },
    );
  }
}

function paddingOf(bytes: number): number {
  return (blockBytes - (bytes % blockBytes)) % blockBytes;
}

/** undefined for a file without holes. */
function sparseFileBytes(header: Header, pax: PaxAttributes, name: ByteString): number | undefined {
  if (header.typeFlag === "S") return oldSparseFileBytes(header.block, name);
  if (pax.sparse === undefined) return undefined;
  const { major = 0, minor = 0, bytes } = pax.sparse;
  if (major > 1 || (major === 1 && minor > 0)) throw refused(name, `its sparse format ${major}.${minor} is not known`);
  if (bytes === undefined) throw corrupt(name, "its sparse map comes without a size");
  return bytes;
}
