import { buildArtifact, sampleImage, sha256 } from "@host-service/fixtures";
import { expect, test } from "bun:test";
import type { PayloadSink } from "../../source/streams.ts";
import { attempt, chunked, keys, kindOf } from "../kit/reading.ts";

const raw = { rawImages: "take" } as const;
const bytes = sampleImage.byteLength;

test("M52 a raw image is taken where it is allowed, and is not verified", async () => {
  const { report, sink } = await attempt(sampleImage, { ...raw, fileName: "disk.img", blake2b512: true });
  expect(report).toEqual({
    kind: "raw",
    bytes,
    sha256: sha256(sampleImage),
    blake2b512: new Bun.CryptoHasher("blake2b512").update(sampleImage).digest("hex"),
    warnings: ["the image was not verified: it is raw, and has no signature"],
  });
  expect(sink.begun).toEqual({ file: "disk.img", bytes: undefined });
  expect(Buffer.from(sink.bytes).equals(sampleImage)).toBe(true);
  expect(await kindOf(sampleImage)).toBe("not-an-artifact");
});

test("M52 a raw image is as large as the slot at most, before a write where its length is known", async () => {
  expect(await kindOf(sampleImage, { ...raw, slotBytes: bytes })).toBe("taken");
  for (const chunkBytes of [1, 512, 4096]) {
    const { error, sink } = await attempt(chunked(sampleImage, chunkBytes), { ...raw, slotBytes: bytes - 1 });
    expect(error?.message).toBe("Cannot install the image: it has more bytes than the slot, which has 4999");
    expect(sink.bytes.byteLength).toBeLessThan(bytes);
  }
  const { error, sink } = await attempt(sampleImage, { ...raw, slotBytes: bytes - 1, sourceBytes: bytes });
  expect(error?.message).toBe("Cannot install the image: it has 5000 bytes, the slot 4999");
  expect(sink.begun).toBeUndefined();
});

for (const [what, digest, kind] of [
  ["what the sink says counts", sha256(sampleImage), "taken"],
  ["another one is no image of ours", "0".repeat(64), "checksum"],
] as const) {
  test(`a sink that reads back what it wrote is asked for the sha-256 after the last byte: ${what}`, async () => {
    let written = 0;
    const sink: PayloadSink = {
      begin: () => void (written = 0),
      write: (chunk) => void (written += chunk.byteLength),
      async end() {
        expect(written).toBe(bytes);
        return digest;
      },
    };
    expect(await kindOf(sampleImage, { ...raw, expectedSha256: sha256(sampleImage), sink })).toBe(kind);
    expect(await kindOf(buildArtifact(keys), { sink })).toBe(kind);
  });
}

test("a raw image that is shorter than was said is cut off, and one of another digest is not ours", async () => {
  expect(await kindOf(sampleImage, { ...raw, sourceBytes: bytes + 1 })).toBe("truncated");
  expect(await kindOf(sampleImage.subarray(0, 511), raw)).toBe("truncated");
  const { report } = await attempt(sampleImage, { ...raw, expectedSha256: sha256(sampleImage) });
  expect(report?.warnings).toEqual([]);
  expect(await kindOf(sampleImage, { ...raw, expectedSha256: "0".repeat(64) })).toBe("checksum");
});

test("M2 what is named as an artifact, packed, or a tar is never a raw image", async () => {
  for (const fileName of ["x.mender", "x.multi-mender"]) {
    expect(await kindOf(sampleImage, { ...raw, fileName })).toBe("not-an-artifact");
  }
  const packed = new Uint8Array(Buffer.concat([Bun.gzipSync(new Uint8Array(10)), new Uint8Array(1024)]));
  expect(await kindOf(packed, raw)).toBe("not-an-artifact");
});
