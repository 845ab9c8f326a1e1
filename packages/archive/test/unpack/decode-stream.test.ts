import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { ArchiveError } from "../../source/error.ts";
import type { ArchiveFormat } from "../../source/decode/recognise.ts";
import { DecodedStream } from "../../source/unpack/decode-stream.ts";
import { has, packed, sampleBytes } from "../decode/samples.ts";
import { childProcesses, program } from "./kit/unpacking.ts";

// Each stream takes a process, and other tests run beside.
setDefaultTimeout(60_000);

type Format = Exclude<ArchiveFormat, "tar">;
const sample = sampleBytes(600_000);
const hasXz = has("xz");
if (!hasXz) console.warn("skipped: streams of xz, as there is no xz");
const formats: readonly Format[] = hasXz ? ["tar.gz", "tar.zst", "tar.xz"] : ["tar.gz", "tar.zst"];
const packers: Record<Format, (bytes: Uint8Array) => Uint8Array> = {
  "tar.gz": gzipSync,
  // Without a checksum some damage would only be seen in what comes out.
  "tar.zst": (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  "tar.xz": (bytes) => packed("xz", [], bytes),
};
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

function sourceOf(bytes: Uint8Array, chunkBytes: number) {
  let at = 0;
  return (into: Uint8Array): number => {
    const piece = bytes.subarray(at, at + Math.min(chunkBytes, into.byteLength));
    into.set(piece);
    at += piece.byteLength;
    return piece.byteLength;
  };
}

interface Case {
  format: Format;
  chunkBytes?: number;
  xz?: "built-in";
  memoryBytesMax?: number;
}

async function decode(bytes: Uint8Array, { chunkBytes = 100_000, memoryBytesMax = 2 ** 27, ...rest }: Case) {
  const stream = new DecodedStream(sourceOf(bytes, chunkBytes), {
    program,
    bytes: bytes.byteLength,
    memoryBytesMax,
    ...rest,
  });
  const pieces: Uint8Array[] = [];
  try {
    for (;;) {
      const buffer = new Uint8Array(70_000);
      const filled = await stream.read(buffer);
      if (filled === 0) return Buffer.concat(pieces).equals(sample);
      pieces.push(buffer.subarray(0, filled));
    }
  } catch (error) {
    if (error instanceof ArchiveError) return error.kind;
    throw error;
  } finally {
    await stream.close();
  }
}

describe.each(formats.map((format) => [format] as const))("DecodedStream of %s", (format) => {
  const whole = packers[format](sample);

  test.concurrent("gives what was packed, whatever the pieces are", async () => {
    expect(await decode(whole, { format })).toBe(true);
    expect(await decode(packers[format](sample.subarray(0, 10)), { format, chunkBytes: 1 })).toBe(false);
    if (format === "tar.xz") expect(await decode(whole, { format, xz: "built-in" })).toBe(true);
  });

  test.concurrent("refuses what is cut off", async () => {
    for (const left of [1, 5, 20, whole.byteLength >> 1, whole.byteLength - 9, whole.byteLength - 1]) {
      const kind = await decode(whole.subarray(0, left), { format });
      expect({ left, isRefused: kind === "truncated" || kind === "corrupt" }).toEqual({ left, isRefused: true });
    }
  });

  test.concurrent("refuses what is behind the stream", async () => {
    const skippable = new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0]);
    const behind = {
      "a zero": new Uint8Array(1),
      padding: new Uint8Array(4),
      zeros: new Uint8Array(2_000_000),
      text: Buffer.from("and more"),
      "the same again": whole,
      "an empty one": packers[format](new Uint8Array()),
      "a skippable frame": skippable,
    };
    const found: Record<string, unknown> = {};
    for (const [name, more] of Object.entries(behind)) found[name] = await decode(joined(whole, more), { format });
    const refused = format === "tar.xz" ? ["corrupt", "truncated"] : ["corrupt"];
    expect(Object.entries(found).filter(([, kind]) => !refused.includes(String(kind)))).toEqual([]);
    const before = await decode(joined(packers[format](new Uint8Array()), whole), { format });
    expect(refused).toContain(String(before));
  });

  test.concurrent("refuses damage", async () => {
    const places = [0, 3, 30, whole.byteLength >> 1, whole.byteLength - 3].filter(
      (at) => format !== "tar.gz" || at > 0,
    );
    for (const at of places) {
      const damaged = whole.map((byte, index) => (index === at ? byte ^ 0xff : byte));
      const kind = await decode(damaged, { format });
      expect({ at, isRefused: kind === "truncated" || kind === "corrupt" }).toEqual({ at, isRefused: true });
    }
  });
});

test.skipIf(!hasXz)("DecodedStream bounds the memory of xz", async () => {
  const large = packed("xz", ["--lzma2=dict=64MiB"], sample);
  expect(await decode(large, { format: "tar.xz", memoryBytesMax: 2 ** 25 })).toBe("too-large");
  expect(await decode(large, { format: "tar.xz", memoryBytesMax: 2 ** 27 })).toBe(true);
});

test("DecodedStream passes on what the source throws, and close ends a decoder that still waits", async () => {
  const options = { program, format: "tar.gz", bytes: 100, memoryBytesMax: 2 ** 27 } as const;
  const failing = new DecodedStream(() => Promise.reject(new Error("the line is lost")), options);
  expect(await failing.read(new Uint8Array(10)).catch(String)).toBe("Error: the line is lost");
  await failing.close();
  const left = new DecodedStream(sourceOf(gzipSync(sampleBytes(8_000_000)), 1000), options);
  expect(await left.read(new Uint8Array(10))).toBe(10);
  await left.close();
  expect(childProcesses()).toEqual([]);
});
