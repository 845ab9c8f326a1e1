import { expect, test } from "bun:test";
import fc from "fast-check";
import { ArchiveError } from "../../source/error.ts";
import { measure } from "../../source/decode/measure.ts";
import type { ArchiveFormat } from "../../source/decode/recognise.ts";
import { has, packed, sampleBytes, withFile } from "./samples.ts";

const sample = sampleBytes(300_000);
const concatenated = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** Measured as a part of a larger file, as in a bundle. */
async function measured(contents: Uint8Array, format: ArchiveFormat) {
  const around = new Uint8Array(1000).fill(0x59);
  return withFile(concatenated(around, contents, around), (fd) => {
    try {
      return measure(fd, { offset: 1000, bytes: contents.byteLength }, format);
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      return error.kind;
    }
  });
}

test("measure takes a tar's own size", async () => {
  expect(await measured(sample, "tar")).toEqual({ size: "stated", unpackedBytes: 300_000 });
});

test.skipIf(!has("xz"))("measure reads the indexes of all xz streams", async () => {
  const one = packed("xz", [], sample);
  const blocks = packed("xz", ["--block-size=65536"], sample);
  const padding = new Uint8Array(8);
  expect([
    await measured(one, "tar.xz"),
    await measured(blocks, "tar.xz"),
    await measured(concatenated(one, padding, blocks, padding), "tar.xz"),
    await measured(packed("xz", [], new Uint8Array()), "tar.xz"),
  ]).toEqual([
    { size: "stated", unpackedBytes: 300_000, blocks: 1 },
    { size: "stated", unpackedBytes: 300_000, blocks: 5 },
    { size: "stated", unpackedBytes: 600_000, blocks: 6 },
    { size: "stated", unpackedBytes: 0, blocks: 0 },
  ]);
});

test.skipIf(!has("xz"))("measure finds an xz file that was cut, lengthened or damaged at its ends", async () => {
  const good = packed("xz", [], sample);
  const flipped = (at: number) => good.map((byte, index) => (index === at ? byte ^ 0xff : byte));
  expect([
    await measured(new Uint8Array(), "tar.xz"),
    await measured(new Uint8Array(64), "tar.xz"),
    await measured(good.subarray(0, 20), "tar.xz"),
    await measured(good.subarray(0, -1), "tar.xz"),
    await measured(good.subarray(0, -4), "tar.xz"),
    await measured(concatenated(good, new Uint8Array(3)), "tar.xz"),
    await measured(concatenated(good, sample.subarray(0, 100)), "tar.xz"),
    await measured(concatenated(sample.subarray(0, 100), good), "tar.xz"),
    await measured(flipped(7), "tar.xz"),
    await measured(flipped(good.byteLength - 5), "tar.xz"),
    await measured(flipped(good.byteLength - 16), "tar.xz"),
  ]).toEqual([
    "truncated",
    "truncated",
    "truncated",
    "truncated",
    "truncated",
    "truncated",
    "truncated",
    "truncated",
    "corrupt",
    "corrupt",
    "corrupt",
  ]);
});

test.skipIf(!has("zstd"))("measure adds the sizes of zstd frames, and says when one has none", async () => {
  const stated = packed("zstd", [`--stream-size=${sample.byteLength}`], sample);
  const small = packed("zstd", ["--stream-size=200", "--check"], sample.subarray(0, 200));
  const skippable = new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  expect([
    await measured(stated, "tar.zst"),
    await measured(concatenated(stated, skippable, small), "tar.zst"),
    await measured(packed("zstd", [], sample), "tar.zst"),
    await measured(stated.subarray(0, -1), "tar.zst"),
    await measured(concatenated(stated, skippable.subarray(0, -1)), "tar.zst"),
    await measured(concatenated(stated, sample), "tar.zst"),
  ]).toEqual([
    { size: "stated", unpackedBytes: 300_000 },
    { size: "stated", unpackedBytes: 300_200 },
    { size: "unknown" },
    "truncated",
    "truncated",
    "corrupt",
  ]);
});

test("measure takes no gzip size that no deflate data can have", async () => {
  const gzip = Bun.gzipSync(Buffer.from("short"));
  const damaged = Buffer.from(gzip);
  damaged.writeUInt32LE(0x7fff_ffff, damaged.byteLength - 4);
  expect([await measured(gzip, "tar.gz"), await measured(damaged, "tar.gz")]).toEqual([
    { size: "at-least", unpackedBytes: 5 },
    "truncated",
  ]);
});

test("measure takes gzip's last size as a lower bound", async () => {
  const gzip = Bun.gzipSync(Buffer.from(sample));
  expect([await measured(gzip, "tar.gz"), await measured(gzip.subarray(0, 12), "tar.gz")]).toEqual([
    { size: "at-least", unpackedBytes: 300_000 },
    "truncated",
  ]);
});

test("measure gives an answer or an ArchiveError for any bytes", async () => {
  const format = fc.constantFrom<ArchiveFormat>("tar.xz", "tar.zst", "tar.gz");
  const starts = {
    "tar.xz": [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0],
    "tar.zst": [0x28, 0xb5, 0x2f, 0xfd],
    "tar.gz": [0x1f, 0x8b],
    tar: [],
  };
  await fc.assert(
    fc.asyncProperty(format, fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (kind, bytes, hasFooter) => {
      const footer = hasFooter ? new Uint8Array([0x59, 0x5a]) : new Uint8Array();
      expect(await measured(concatenated(new Uint8Array(starts[kind]), bytes, footer), kind)).toBeDefined();
    }),
    { numRuns: 300 },
  );
});
