import {
  base256,
  end,
  entry,
  header,
  hostileArchives,
  hostileLimits,
  joined,
  octal12,
  padded,
  pax,
} from "@host-service/fixtures";
import { expect, test } from "bun:test";
import fc from "fast-check";
import { ArchiveError } from "../../source/error.ts";
import type { TarEntry } from "../../source/tar/entry.ts";
import { TarReader } from "../../source/tar/reader.ts";

interface Read {
  readonly entry: TarEntry;
  /** Pieces that follow each other are one. */
  readonly contents: { offset: number; text: string }[];
  isWhole: boolean;
}

/** Everything that the reader says of an archive that comes in pieces of these lengths. */
function readAll(archive: Uint8Array, pieceBytes: readonly number[] = [archive.byteLength]): Read[] {
  const read: Read[] = [];
  const last = (): Read => {
    const found = read.at(-1);
    if (found === undefined) throw new Error("contents before an entry");
    return found;
  };
  const reader = new TarReader(
    {
      entry: (found) => read.push({ entry: found, contents: [], isWhole: found.type !== "file" }),
      contents: (bytes, offset) => {
        const text = Buffer.from(bytes).toString("latin1");
        const piece = last().contents.at(-1);
        if (piece !== undefined && piece.offset + piece.text.length === offset) piece.text += text;
        else last().contents.push({ offset, text });
      },
      fileEnd: () => {
        last().isWhole = true;
      },
    },
    { entriesMax: 1000, unpackedBytesMax: 1024 ** 3 },
  );
  // One buffer for all pieces, as the job has it: nothing may be kept that points into it.
  const buffer = new Uint8Array(Math.max(1, ...pieceBytes));
  for (let at = 0, piece = 0; at < archive.byteLength; piece += 1) {
    const bytes = Math.min(pieceBytes[piece % pieceBytes.length] ?? 1, archive.byteLength - at);
    buffer.fill(0xee);
    buffer.set(archive.subarray(at, at + bytes));
    reader.push(buffer.subarray(0, bytes));
    at += bytes;
  }
  reader.end();
  return read;
}

const oldSparse = joined(
  header({
    name: "old sparse",
    type: "S",
    magic: "gnu",
    size: 1024,
    raw: [
      [386, octal12(512) + octal12(512)],
      [482, "\u0001"],
      [483, octal12(4096)],
    ],
  }),
  padded(octal12(2048) + octal12(512) + octal12(4096) + octal12(0)),
  padded("a".repeat(512)),
  padded("b".repeat(512)),
);
const sparseInData = joined(
  pax({
    "GNU.sparse.major": "1",
    "GNU.sparse.minor": "0",
    "GNU.sparse.name": "new sparse",
    "GNU.sparse.realsize": "10000",
  }),
  entry({ name: "GNUSparseFile.1/new" }, joined(padded("2\n5000\n3\n10000\n0\n"), "xyz")),
);

const everything = joined(
  pax({ mtime: "7", comment: "defaults" }, "g"),
  entry({ name: "file", mode: 0o100644, uid: 1, gid: 2, mtime: 3 }, "contents"),
  entry({ name: "big owner", uid: base256(3_000_000_000n, 8), checksum: "signed" }),
  entry({ name: "name", prefix: "prefix" }),
  entry({ name: "old directory/", magic: "v7" }),
  entry({ name: "link", type: "2", link: "target\u00ff" }),
  entry({ name: "same", type: "1", link: "file" }),
  entry({ name: "node", type: "4", device: [7, 300] }),
  entry({ name: "fifo", type: "6" }),
  pax({ path: "long \u00ff name", mtime: "-1.5", "SCHILY.xattr.user.x": Uint8Array.of(0, 10, 0xff) }),
  entry({ name: "short", type: "7" }, "y".repeat(1500)),
  oldSparse,
  sparseInData,
  end(),
  "rubbish",
);

const seventh = 7_000_000_000n;
const none = { xattrs: new Map<string, Uint8Array>(), aclTexts: new Map<string, string>() };
const common = { mode: 0o644, uid: 0, gid: 0, mtime: seventh, ...none };

test("TarReader reads every kind of entry", () => {
  const whole = { isWhole: true };
  const empty = { contents: [], ...whole };
  expect(readAll(everything)).toEqual([
    {
      entry: { ...common, type: "file", path: "file", uid: 1, gid: 2, bytes: 8, regions: [{ offset: 0, bytes: 8 }] },
      contents: [{ offset: 0, text: "contents" }],
      ...whole,
    },
    {
      entry: {
        ...common,
        type: "file",
        path: "big owner",
        uid: 3_000_000_000,
        bytes: 0,
        regions: [{ offset: 0, bytes: 0 }],
      },
      ...empty,
    },
    { entry: { ...common, type: "file", path: "prefix/name", bytes: 0, regions: [{ offset: 0, bytes: 0 }] }, ...empty },
    { entry: { ...common, type: "directory", path: "old directory/" }, ...empty },
    { entry: { ...common, type: "symbolic-link", path: "link", target: "target\u00ff" }, ...empty },
    { entry: { ...common, type: "hard-link", path: "same", target: "file" }, ...empty },
    { entry: { ...common, type: "block-device", path: "node", major: 7, minor: 300 }, ...empty },
    { entry: { ...common, type: "fifo", path: "fifo" }, ...empty },
    {
      entry: {
        ...common,
        type: "file",
        path: "long \u00ff name",
        mtime: -1_500_000_000n,
        xattrs: new Map([["user.x", Uint8Array.of(0, 10, 0xff)]]),
        bytes: 1500,
        regions: [{ offset: 0, bytes: 1500 }],
      },
      contents: [{ offset: 0, text: "y".repeat(1500) }],
      ...whole,
    },
    {
      entry: {
        ...common,
        type: "file",
        path: "old sparse",
        bytes: 4096,
        regions: [
          { offset: 512, bytes: 512 },
          { offset: 2048, bytes: 512 },
        ],
      },
      contents: [
        { offset: 512, text: "a".repeat(512) },
        { offset: 2048, text: "b".repeat(512) },
      ],
      ...whole,
    },
    {
      entry: { ...common, type: "file", path: "new sparse", bytes: 10_000, regions: [{ offset: 5000, bytes: 3 }] },
      contents: [{ offset: 5000, text: "xyz" }],
      ...whole,
    },
  ]);
});

test("TarReader reads the same however the bytes are cut", () => {
  const atOnce = readAll(everything);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 20 }), (pieces) => {
      expect(readAll(everything, pieces)).toEqual(atOnce);
    }),
    { numRuns: 60 },
  );
});

test("TarReader refuses the archive cut off at any byte before its end, and never with another error", () => {
  const contents = joined(pax({ path: "name" }), entry({}, "x".repeat(600)), sparseInData, end());
  for (let bytes = 0; bytes < contents.byteLength; bytes += 1) {
    expect(kindOf(() => readAll(contents.subarray(0, bytes)))).toBe("truncated");
  }
  expect(kindOf(() => readAll(contents))).toBe("read");
});

test("TarReader reads damaged archives or refuses them, and does nothing else", () => {
  const damage = fc.array(fc.tuple(fc.nat(everything.byteLength - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(damage, (places) => {
      const damaged = everything.slice();
      for (const [at, value] of places) damaged[at] = value;
      expect(["read", "corrupt", "truncated", "entry-refused", "too-large"]).toContain(kindOf(() => readAll(damaged)));
    }),
    { numRuns: 300 },
  );
});

test("TarReader refuses hostile archives alike at once and byte by byte", () => {
  const sink = { entry: () => undefined, contents: () => undefined, fileEnd: () => undefined };
  const said = (archive: Uint8Array, pieceBytes: number): string => {
    const reader = new TarReader(sink, hostileLimits);
    try {
      for (let at = 0; at < archive.byteLength; at += pieceBytes) reader.push(archive.slice(at, at + pieceBytes));
      reader.end();
      return "read";
    } catch (error) {
      return String(error);
    }
  };
  for (const { build } of hostileArchives) {
    const archive = build("/outside");
    expect(said(archive, 13)).toBe(said(archive, archive.byteLength));
  }
});

function kindOf(work: () => unknown): string {
  try {
    work();
    return "read";
  } catch (error) {
    if (error instanceof ArchiveError) return error.kind;
    throw error;
  }
}
