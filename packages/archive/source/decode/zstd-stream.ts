import { ArchiveError } from "../error.ts";
import { ByteQueue } from "../tar/byte-queue.ts";

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const frameContentBytes = [0, 2, 4, 8] as const;
const dictionaryIdBytes = [0, 1, 2, 4] as const;

/**
 * Follows the frames of a zstd stream (RFC 8878) beside the decoder, which takes a stream that is cut off, or that
 * goes on with something else, for a whole one.
 */
export class ZstdFrames {
  readonly #queue = new ByteQueue(
    () => new ArchiveError("truncated", "Cannot decode the archive: its zstd data is cut off; fetch it again"),
  );
  readonly #walk = this.#read();

  readonly #isSingle: boolean;

  /** @param options `isSingle` refuses all that is not one frame with data */
  constructor({ isSingle = false }: { isSingle?: boolean } = {}) {
    this.#isSingle = isSingle;
    this.#walk.next();
  }

  push(chunk: Uint8Array): void {
    this.#queue.push(chunk);
    this.#walk.next();
  }

  end(): void {
    this.#queue.end();
    this.#walk.next();
  }

  *#read(): Generator<void, void, void> {
    while (yield* this.#queue.more()) {
      const magic = yield* this.#number(4);
      if (magic === frameMagic) yield* this.#readFrame();
      else if (this.#isSingle) throw followed();
      else if ((magic & 0xfffffff0) >>> 0 === skippableMagic) yield* this.#queue.skip(yield* this.#number(4));
      else throw followed();
      if (this.#isSingle && (yield* this.#queue.more())) throw followed();
    }
  }

  *#readFrame(): Generator<void, void, void> {
    const descriptor = yield* this.#number(1);
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const contentSizeFlag = descriptor >> 6;
    const contentBytes = contentSizeFlag === 0 && isSingleSegment ? 1 : (frameContentBytes[contentSizeFlag] ?? 0);
    const windowBytes = isSingleSegment ? 0 : 1;
    yield* this.#queue.skip(windowBytes + (dictionaryIdBytes[descriptor & 3] ?? 0) + contentBytes);
    let isLast = false;
    while (!isLast) {
      const header = yield* this.#number(3);
      isLast = (header & 1) !== 0;
      // A block of type 1 is one byte that is repeated.
      yield* this.#queue.skip(((header >> 1) & 3) === 1 ? 1 : header >> 3);
    }
    if ((descriptor & 4) !== 0) yield* this.#queue.skip(4);
  }

  /** Little endian. */
  *#number(bytes: number): Generator<void, number, void> {
    const field = yield* this.#queue.take(bytes);
    return field.reduceRight((value, byte) => value * 256 + byte, 0);
  }
}

function followed(): ArchiveError {
  const why = "its zstd data is followed by something else";
  return new ArchiveError("corrupt", `Cannot decode the archive: ${why}; fetch it again`);
}
