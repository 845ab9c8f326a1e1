// What of an archive gets to the writer, and as what.
import { type ByteString, printable } from "../tar/byte-string.ts";
import type { TarEntry } from "../tar/entry.ts";
import { refused } from "../tar/refusal.ts";
import type { TarSink } from "../tar/reader.ts";
import { Excludes } from "./excludes.ts";

/** Without the entries that the list leaves out; a hard link to one of those is refused like one to nothing. */
export class WithoutExcluded implements TarSink {
  readonly #sink: TarSink;
  readonly #excludes: Excludes;
  #isLeftOut = false;
  #count = 0;

  constructor(sink: TarSink, patterns: readonly ByteString[]) {
    this.#sink = sink;
    this.#excludes = new Excludes(patterns);
  }

  get count(): number {
    return this.#count;
  }

  entry(entry: TarEntry): void {
    this.#isLeftOut = this.#excludes.has(entry.path);
    if (this.#isLeftOut) this.#count += 1;
    else this.#sink.entry(entry);
  }

  contents(bytes: Uint8Array, offset: number): void {
    if (!this.#isLeftOut) this.#sink.contents(bytes, offset);
  }

  fileEnd(): void {
    if (!this.#isLeftOut) this.#sink.fileEnd();
  }
}

const plainFileBytesMax = 1024 * 1024;

/** Files and directories only, which nobody but us may read: of a metadata archive nothing but names and contents counts. */
export class PlainOnly implements TarSink {
  readonly #sink: TarSink;
  readonly #owner: { uid: number; gid: number };

  constructor(sink: TarSink, owner: { uid: number; gid: number }) {
    this.#sink = sink;
    this.#owner = owner;
  }

  entry(entry: TarEntry): void {
    const { path } = entry;
    const plain = { ...this.#owner, xattrs: new Map<ByteString, Uint8Array>(), aclTexts: new Map<string, string>() };
    switch (entry.type) {
      case "directory":
        this.#sink.entry({ ...entry, ...plain, mode: 0o700 });
        return;
      case "file":
        if (entry.bytes > plainFileBytesMax) throw refused(path, `it has more than ${plainFileBytesMax} bytes`);
        this.#sink.entry({ ...entry, ...plain, mode: 0o600 });
        return;
      case "symbolic-link":
      case "hard-link":
      case "fifo":
      case "character-device":
      case "block-device":
        throw refused(
          path,
          `it is a ${entry.type.replace("-", " ")}, and only files and directories may be here${unified(path)}`,
        );
    }
  }

  contents(bytes: Uint8Array, offset: number): void {
    this.#sink.contents(bytes, offset);
  }

  fileEnd(): void {
    this.#sink.fileEnd();
  }
}

/** The likely mistake: an image with all in one is given as its metadata alone. */
function unified(path: ByteString): string {
  if (!/^(?:\.\/)*rootfs\//u.test(path)) return "";
  return `; with "${printable("rootfs/")}" in it this is a unified image: give its metadata.yaml and templates apart from its rootfs`;
}
