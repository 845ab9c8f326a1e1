import {
  type ArtifactCompression,
  buildArtifact,
  end,
  entry,
  headerInfo,
  hostileDevice,
  joined,
  sampleImage,
  sha256,
  typeInfo,
} from "@host-service/fixtures";
import fc from "fast-check";
import { expect, setDefaultTimeout, test } from "bun:test";
import { describeUpgrade } from "../source/read-upgrade.ts";
import { artifactOf, attempt, chunked, ecKey, hasXz, keys, kindOf, program, strict } from "./kit/reading.ts";

setDefaultTimeout(60_000);

const compressions: readonly ArtifactCompression[] = hasXz ? ["none", "gzip", "zstd", "xz"] : ["none", "gzip", "zstd"];
const image = { file: "rootfs.img", bytes: sampleImage.byteLength, sha256: sha256(sampleImage) };

test("readUpgrade reports what an artifact says and is, and gives its image to the sink", async () => {
  for (const compression of compressions) {
    const bytes = buildArtifact(keys, { compression });
    const { report, sink } = await attempt(bytes);
    expect(report).toEqual({
      kind: "artifact",
      name: "release-2",
      group: undefined,
      deviceTypes: ["edge-x1"],
      payloadType: "rootfs-image",
      provides: { "rootfs-image.version": "release-2" },
      depends: {},
      clearsProvides: ["artifact_group", "rootfs-image.*"],
      scripts: [],
      isSigned: true,
      manifestSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      payload: image,
      files: [image],
      compression,
      keyFingerprint: ecKey.fingerprint,
      warnings: [],
    });
    const { artifact, ...start } = sink.begun ?? {};
    expect(start).toEqual({ file: "rootfs.img", bytes: sampleImage.byteLength });
    expect(artifact).toMatchObject({ name: "release-2", isSigned: true });
    expect(Buffer.from(sink.bytes).equals(sampleImage)).toBe(true);
  }
});

test("describeUpgrade says the same without a key, and reads no further than the payload's beginning", async () => {
  for (const compression of compressions) {
    const bytes = buildArtifact(keys, { compression, sign: () => undefined });
    const cut = compression === "none" ? bytes.subarray(0, -5000) : bytes;
    expect(await describeUpgrade(chunked(cut), { program })).toEqual({
      kind: "artifact",
      name: "release-2",
      group: undefined,
      deviceTypes: ["edge-x1"],
      payloadType: "rootfs-image",
      provides: { "rootfs-image.version": "release-2" },
      depends: {},
      clearsProvides: ["artifact_group", "rootfs-image.*"],
      scripts: [],
      isSigned: false,
      manifestSha256: expect.any(String),
      files: [image],
      compression,
    });
  }
});

test("M16 an artifact that is cut at any byte is refused, and M31 before the payload nothing was written", async () => {
  const bytes = buildArtifact(keys);
  const payloadAt = bytes.byteLength - 1024 - 512 - 512 - 5120 - 1024;
  const taken: number[] = [];
  for (let length = 0; length < bytes.byteLength; length++) {
    const { error, sink } = await attempt(bytes.subarray(0, length));
    if (error?.kind !== "truncated") taken.push(length);
    if (length < payloadAt && sink.begun !== undefined) taken.push(length);
  }
  expect(taken).toEqual([]);
  expect(await kindOf(bytes)).toBe("taken");
});

test("M16 the same of compressed artifacts, at a hundred places and around each member", async () => {
  for (const compression of compressions.slice(1)) {
    const bytes = buildArtifact(keys, { compression, image: sampleImage.subarray(0, 1000) });
    const borders = Array.from({ length: bytes.byteLength / 512 }, (_, index) => index * 512);
    const places = [...borders.flatMap((at) => [at - 1, at, at + 1]), bytes.byteLength - 1].filter((at) => at >= 0);
    const found = await Promise.all(
      places.map(async (at) => ((await kindOf(bytes.subarray(0, at))) === "truncated" ? [] : [at])),
    );
    expect({ compression, notTruncated: found.flat() }).toEqual({ compression, notTruncated: [] });
  }
});

test("M10 an artifact with bytes changed is refused, or says and holds the same", async () => {
  const bytes = buildArtifact(keys);
  const { report } = await attempt(bytes);
  const change = fc.tuple(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 }));
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const changed = bytes.slice();
      for (const [at, flip] of changes) changed[at] = (changed[at] ?? 0) ^ flip;
      const found = await attempt(changed);
      if (found.error !== undefined) return;
      taken += 1;
      expect(found.report).toEqual(report);
      expect(Buffer.from(found.sink.bytes).equals(sampleImage)).toBe(true);
    }),
    { numRuns: 4000 },
  );
  // A blank for the NUL behind a checksum is all that can pass.
  expect(taken).toBeLessThan(40);
});

test("M53 an artifact is the same in pieces of any size", async () => {
  const bytes = buildArtifact(keys, { image: new Uint8Array(3_000_000).map((_, index) => index % 251) });
  const whole = await attempt(bytes, { slotBytes: 4_000_000 });
  expect(whole.sink.pieceBytes).toEqual([1_048_576, 1_048_576, 902_848]);
  for (const chunkBytes of [511, 512, 65_536, 1_000_000]) {
    const { report, sink } = await attempt(chunked(bytes, chunkBytes), { slotBytes: 4_000_000 });
    expect({ chunkBytes, report }).toEqual({ chunkBytes, report: whole.report });
    expect(sink.pieceBytes).toEqual(whole.sink.pieceBytes);
    expect(Buffer.from(sink.bytes).equals(whole.sink.bytes)).toBe(true);
  }
  for (const compression of compressions) {
    const { report } = await attempt(chunked(buildArtifact(keys, { compression }), 1));
    expect(report?.kind).toBe("artifact");
  }
});

test("M17 zeros up to 64 KiB behind the end are padding", async () => {
  const bytes = buildArtifact(keys);
  const padded = (zeros: number) => new Uint8Array(Buffer.concat([bytes, new Uint8Array(zeros)]));
  expect(await kindOf(padded(65_536))).toBe("taken");
  expect(await kindOf(padded(65_537))).toBe("structure");
});

test("M26 the type in type-info may be empty or the same", async () => {
  for (const type of ["", "rootfs-image"]) {
    expect(await kindOf(buildArtifact(keys, { typeInfo: { ...typeInfo, type } }))).toBe("taken");
  }
});

test("M28 M29 what the device is and provides is enough, and without a device nobody asks", async () => {
  const fitting = {
    headerInfo: {
      ...headerInfo,
      artifact_depends: {
        device_type: ["edge-y9", "edge-x1"],
        artifact_name: ["release-0", "release-1"],
        artifact_group: ["fleet-a"],
      },
    },
    typeInfo: { ...typeInfo, artifact_depends: { region: ["us", "eu"], device_type: "edge-x1" } },
  };
  const { depends } = await artifactOf(buildArtifact(keys, fitting));
  expect(depends).toEqual({
    artifact_name: ["release-0", "release-1"],
    artifact_group: ["fleet-a"],
    region: ["us", "eu"],
    device_type: ["edge-x1"],
  });
  const other = buildArtifact(keys, { headerInfo: { ...headerInfo, artifact_depends: { device_type: ["other"] } } });
  expect(await kindOf(other)).toBe("incompatible");
  expect(await kindOf(other, { device: undefined })).toBe("taken");
  const needing = buildArtifact(keys, fitting);
  expect(await kindOf(needing, { device: { type: "edge-x1" } })).toBe("incompatible");
  expect(await kindOf(needing, { device: { type: "edge-x1", provides: "unknown" } })).toBe("taken");
  expect(await kindOf(needing, { device: { type: "edge", provides: "unknown" } })).toBe("incompatible");
  const unwilling = { region: ["us"] };
  const both = {
    headerInfo: { ...headerInfo, artifact_depends: { device_type: ["edge-x1"], region: ["eu"] } },
    typeInfo: { ...typeInfo, artifact_depends: unwilling },
  };
  const { error } = await attempt(buildArtifact(keys, both));
  expect(error?.message).toBe(
    "Cannot install the artifact: it needs region to be nothing that there is, here it is eu",
  );
});

test("M30 state scripts are for artifacts that are allowed to have them and are verified", async () => {
  const scripts = { ArtifactInstall_Enter_01: "#!/bin/sh\n", ArtifactRollbackReboot_Leave_99_text: "" };
  const bytes = buildArtifact(keys, { scripts });
  expect(await kindOf(bytes)).toBe("unsupported");
  expect((await artifactOf(bytes, { stateScripts: "allow" })).scripts).toEqual(Object.keys(scripts));
  const open = { keys: [], signatureRequired: false };
  expect(await kindOf(bytes, { stateScripts: "allow", policy: open })).toBe("unsupported");
  const unsigned = buildArtifact(keys, { scripts, sign: () => undefined });
  const optional = { ...strict.policy, signatureRequired: false };
  expect(await kindOf(unsigned, { stateScripts: "allow", policy: optional })).toBe("unsupported");
});

test("M34 an image of exactly the slot's size is taken", async () => {
  const slot = new Uint8Array(hostileDevice.slotBytes);
  expect(await kindOf(buildArtifact(keys, { image: slot }))).toBe("taken");
});

test("other payload types are verified for the tools that install them, and never written", async () => {
  const recipe = { headerInfo: { ...headerInfo, payloads: [{ type: "single-file" }] }, file: "app.bin" };
  const { report, sink } = await attempt(buildArtifact(keys, recipe), { payloadTypes: "any" });
  expect(report).toMatchObject({
    payloadType: "single-file",
    payload: undefined,
    files: [{ ...image, file: "app.bin" }],
  });
  expect(sink.begun).toBeUndefined();
  const damaged = buildArtifact(keys, {
    ...recipe,
    manifest: (text) => text.replace(/^\w/, (digit) => (digit === "0" ? "1" : "0")),
  });
  expect(await kindOf(damaged, { payloadTypes: "any" })).toBe("checksum");
});

test("M11 M13 a header is not unpacked before its sum was right, and one that swells takes little memory", async () => {
  const members = (header: Uint8Array[]) => {
    const scripts = Array.from({ length: 100 }, (_, index) =>
      entry({ name: `scripts/ArtifactInstall_Enter_01_${index}` }, new Uint8Array(1024 * 1024)),
    );
    return joined(...header.slice(0, 1), ...scripts, ...header.slice(1), end());
  };
  const swelling = buildArtifact(keys, { headerCompression: "gzip", headerTar: members });
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  expect(await kindOf(swelling)).toBe("limit");
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  const unverified = buildArtifact(keys, {
    headerCompression: "gzip",
    headerTar: members,
    manifest: (text) => text.replace(/\w+(?= {2}header)/, "0".repeat(64)),
  });
  // With a program that is not there, unpacking would be another error.
  expect(await kindOf(unverified, { program: ["/nonexistent"] })).toBe("checksum");
});

test("limits are lowered by whoever asks, and raised up to the ceiling only", async () => {
  const bytes = buildArtifact(keys);
  const { error } = await attempt(bytes, { limits: { manifestBytesMax: 100 } });
  expect(error?.message).toMatch(/^Cannot read the artifact: manifest is \d+ bytes, at most 100 are allowed$/);
  expect(await kindOf(bytes, { limits: { headerBytesMax: 100 } })).toBe("limit");
  expect(await kindOf(bytes, { limits: { headerUnpackedBytesMax: 1000 } })).toBe("limit");
  for (const limits of [
    { manifestBytesMax: 2 ** 21 },
    { headerMembersMax: 0 },
    { xzMemoryBytesMax: 1.5 },
    { setMembersMax: Number.NaN },
  ]) {
    expect(await kindOf(bytes, { limits })).toBe("config");
  }
});

test("what the sink, the source or an abort throws comes through, after the sink is done with its block", async () => {
  const bytes = buildArtifact(keys);
  const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
  let isWriting = false;
  const sink = {
    begin: () => undefined,
    async write() {
      isWriting = true;
      await Promise.resolve();
      isWriting = false;
      throw full;
    },
  };
  expect(await attempt(bytes, { sink }).catch((error: unknown) => error)).toBe(full);
  expect(isWriting).toBe(false);
  const refusing = { ...sink, begin: () => Promise.reject(full) };
  expect(await attempt(bytes, { sink: refusing }).catch((error: unknown) => error)).toBe(full);
  const lost = new Error("the line is lost");
  let left = 3;
  const inner = chunked(bytes);
  const source = { read: (into: Uint8Array) => (left-- > 0 ? inner.read(into) : Promise.reject(lost)) };
  expect(await attempt(source).catch((error: unknown) => error)).toBe(lost);
  const signal = AbortSignal.abort(lost);
  expect(await attempt(bytes, { signal }).catch((error: unknown) => error)).toBe(lost);
});

test("expectedSha256 is of the whole file, whatever it is", async () => {
  const bytes = buildArtifact(keys);
  expect(await kindOf(bytes, { expectedSha256: sha256(bytes) })).toBe("taken");
  const { error } = await attempt(bytes, { expectedSha256: "0".repeat(64) });
  expect(error?.message).toBe(
    `Cannot trust the upgrade file: its SHA-256 is ${sha256(bytes)}, and ${"0".repeat(64)} is expected`,
  );
  expect(await kindOf(bytes, { expectedSha256: "text" })).toBe("config");
});
