import { ArchiveError } from "../error.ts";
import { type ByteString, printable } from "../tar/byte-string.ts";
import type { DirectoryEntry } from "../tar/entry.ts";

const rememberedBytesMax = 128 * 1024 * 1024;
const overheadBytes = 200;

interface Remembered {
  readonly path: ByteString;
  /** undefined for a directory that only the names below it imply. */
  readonly entry: DirectoryEntry | undefined;
}

/**
 * What each directory is to become when nothing more is put in it. This is all that grows with the archive, so it has a
 * limit of its own.
 */
export class DirectoryEntries {
  readonly #entries = new Map<ByteString, DirectoryEntry | undefined>();
  #bytes = 0;

  /** The last entry for a directory is the one that counts. */
  remember({ path, entry }: Remembered): void {
    this.#entries.set(path, entry);
    this.#bytes += path.length + overheadBytes;
    for (const value of entry?.xattrs.values() ?? []) this.#bytes += value.byteLength;
    if (this.#bytes <= rememberedBytesMax) return;
    const name = printable(path);
    const why = `the directories of the archive take more than ${rememberedBytesMax} bytes of memory`;
    throw new ArchiveError("too-large", `Cannot unpack "${name}": ${why}`, { entry: name });
  }

  /** The deepest first, since a finished one may not let us in any more. */
  deepestFirst(): Remembered[] {
    const all = [...this.#entries].map(([path, entry]) => ({ path, entry, depth: depthOf(path) }));
    return all.toSorted((left, right) => right.depth - left.depth);
  }
}

function depthOf(path: ByteString): number {
  return path === "" ? 0 : path.split("/").length;
}
