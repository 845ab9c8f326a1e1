// xz takes several streams and padding for one file. Whether it was one stream says its end: the footer has the length of the index, and the
// index that of every block (The .xz File Format 1.2.1, sections 2 and 4); the decoder has compared both with what it decoded.
import { ArchiveError } from "../error.ts";
import { flagsBytes, indexBytesMax, indexBytesOf, parseIndex } from "./xz-index.ts";

const tailBytesMax = indexBytesMax + flagsBytes;

/** Watches compressed bytes go by, of which it keeps only the end. */
export class SingleXz {
  readonly #bytes: number;
  readonly #tail: Uint8Array;
  #seen = 0;

  /** @param bytes of all that will come */
  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#tail = new Uint8Array(Math.min(bytes, tailBytesMax));
  }

  push(piece: Uint8Array): void {
    const before = this.#bytes - this.#tail.byteLength - this.#seen;
    this.#seen += piece.byteLength;
    if (before < piece.byteLength) this.#tail.set(piece.subarray(Math.max(0, before)), Math.max(0, -before));
  }

  /** After all has come. Throws ArchiveError. */
  check(): void {
    if (this.#bytes < 2 * flagsBytes) throw wrong("it is cut off");
    const footerAt = this.#tail.byteLength - flagsBytes;
    const indexBytes = indexBytesOf(this.#tail.subarray(footerAt));
    if (indexBytes > indexBytesMax) {
      throw new ArchiveError("too-large", "Cannot decode the archive: its xz data has more blocks than are allowed");
    }
    const { packedBytes } = parseIndex(this.#tail.subarray(Math.max(0, footerAt - indexBytes), footerAt));
    if (flagsBytes + packedBytes + indexBytes + flagsBytes !== this.#bytes) throw wrong("it is more than one stream");
  }
}

function wrong(why: string): ArchiveError {
  return new ArchiveError("corrupt", `Cannot decode the archive: its xz data is damaged (${why}); fetch it again`);
}
