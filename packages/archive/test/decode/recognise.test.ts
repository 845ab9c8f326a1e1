import { expect, test } from "bun:test";
import { pack } from "tar-stream";
import fc from "fast-check";
import { ArchiveError } from "../../source/error.ts";
import { headBytes, recognise } from "../../source/decode/recognise.ts";
import { has, packed, sampleBytes } from "./samples.ts";

const answer = (head: Uint8Array) => {
  try {
    return recognise(head);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return `${error.kind}: ${error.message}`;
  }
};

async function tarHead(): Promise<Uint8Array> {
  const tar = pack();
  tar.entry({ name: "etc/hostname" }, "edge\n");
  tar.finalize();
  for await (const chunk of tar) if (chunk instanceof Uint8Array) return new Uint8Array(chunk);
  throw new Error("empty");
}

test("recognise knows tar by its checksum, with and without the ustar magic", async () => {
  const head = await tarHead();
  const old = head.slice();
  old.fill(0, 257, 265);
  old.fill(0x20, 148, 156);
  const sum = old.reduce((total, byte) => total + byte, 0);
  old.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  expect([recognise(head), recognise(old), recognise(new Uint8Array(headBytes))]).toEqual(["tar", "tar", "tar"]);
});

test("recognise refuses a tar header whose checksum does not fit", async () => {
  const head = await tarHead();
  head[0] = 0x66;
  expect(answer(head)).toStartWith("not-an-archive: ");
});

test.each(["xz", "zstd", "gzip"] as const)("recognise knows what %s wrote, by content", (program) => {
  if (!has(program)) return;
  const expected = { xz: "tar.xz", zstd: "tar.zst", gzip: "tar.gz" } as const;
  expect(recognise(packed(program, [], sampleBytes(100)))).toBe(expected[program]);
});

test("recognise knows zstd behind a skippable frame, which lz4 may begin with as well", () => {
  const skippable = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2];
  const heads = [[0x28, 0xb5, 0x2f, 0xfd], [0x04, 0x22, 0x4d, 0x18], []].map(
    (next) => new Uint8Array([...skippable, ...next]),
  );
  expect(heads.map((head) => answer(head).split(":")[0])).toEqual(["tar.zst", "not-an-archive", "not-an-archive"]);
});

test("recognise says what a file is instead", () => {
  const heads = ["", "hsqs", "PK\u0003\u0004", "BZh91AY", "\u007fELF", "name: edge\n"].map((text) =>
    Buffer.from(text, "latin1"),
  );
  const next = "; give a tar, plain or packed with xz, zstd or gzip";
  expect(heads.map(answer)).toEqual([
    `not-an-archive: Cannot read the archive: it is empty${next}`,
    `not-an-archive: Cannot read the archive: it is a squashfs file system${next}`,
    `not-an-archive: Cannot read the archive: it is a zip file${next}`,
    `not-an-archive: Cannot read the archive: it is bzip2${next}`,
    `not-an-archive: Cannot read the archive: it is a program${next}`,
    `not-an-archive: Cannot read the archive: its beginning is of no known format${next}`,
  ]);
});

test("recognise gives a format or an ArchiveError for any beginning", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1024 }), (head) => answer(head).length > 0));
});
