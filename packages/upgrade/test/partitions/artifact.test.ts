// Mender artifacts on their way into a slot: the same verdict by path and by body, and a slot that is as it was where nothing was written.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  contentsOf,
  fill,
  imageFile,
  installBody,
  installFile,
  type Installing,
  type Outcome,
  pattern,
  sha256,
} from "../kit/installing.ts";
import { type LoopDisk, makeLoopDisk, mebibyte, skipWithoutLoop } from "../kit/loop-disk.ts";
import { makeArtifact, makeKey, makeSet, skipWithoutMenderArtifact } from "../kit/mender-artifacts.ts";
import { children, expectNothingLeft } from "../kit/processes.ts";

const isSkipped = skipWithoutMenderArtifact() || skipWithoutLoop();
// Each install starts four processes, and other tests keep the processors busy.
setDefaultTimeout(120_000);
afterEach(expectNothingLeft);

const slotBytes = 8 * mebibyte;

/** By path and by body; both have to come to the same. */
async function bothWays(disk: LoopDisk, file: string, installing: Installing): Promise<Outcome> {
  const contents = readFileSync(file);
  const pieces = function* () {
    for (let at = 0; at < contents.byteLength; at += 77_777) yield contents.subarray(at, at + 77_777);
  };
  fill(disk.slots.b, slotBytes, 0xa5);
  const byBody = await installBody(disk.slots.b, { pieces: pieces(), bytesExpected: contents.byteLength }, installing);
  fill(disk.slots.b, slotBytes, 0xa5);
  const byPath = await installFile(disk.slots.b, file, installing);
  const told = ({ image, refusal, firstWrites }: Outcome) => ({ image, refusal, firstWrites });
  expect(told(byBody)).toEqual(told(byPath));
  return byPath;
}

function slotIsUntouched(disk: LoopDisk): boolean {
  return Buffer.from(contentsOf(disk.slots.b, slotBytes)).equals(Buffer.alloc(slotBytes, 0xa5));
}

for (const compression of ["none", "gzip", "lzma"] as const) {
  test.skipIf(isSkipped)(`a signed artifact, compression ${compression}, is in the slot as it was made`, async () => {
    using disk = makeLoopDisk({ slotBytes });
    const image = pattern(5 * mebibyte + 512);
    const key = makeKey(disk.directory);
    const artifact = makeArtifact({ ...disk, image: imageFile(disk.directory, image), compression, key });
    const begun: unknown[] = [];
    const request = { keys: [{ pem: key.pem, subject: "the key" }], signatureRequired: true };
    const beforeWriting = async (named: unknown) => void begun.push(named);
    const { image: found, refusal } = await bothWays(disk, artifact, { request, beforeWriting });
    expect({ refusal, found }).toMatchObject({
      refusal: undefined,
      found: {
        imageId: `sha256:${sha256(image)}`,
        name: "release-2",
        version: "release-2",
        bytes: image.byteLength,
        signer: { verified: true },
        warnings: [],
      },
    });
    expect(begun).toEqual([
      { name: "release-2", version: "release-2" },
      { name: "release-2", version: "release-2" },
    ]);
    expect(sha256(contentsOf(disk.slots.b, image.byteLength))).toBe(sha256(image));
  });
}

test.skipIf(isSkipped)("what can be refused before is, and the slot stays byte-identical", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const image = imageFile(disk.directory, pattern(mebibyte));
  const key = { keys: [{ pem: makeKey(disk.directory).pem, subject: "the key" }], signatureRequired: true };
  const artifact = makeArtifact({ ...disk, image });
  const large = join(disk.directory, "large.img");
  writeFileSync(large, pattern(slotBytes + 1));
  const tooLarge = makeArtifact({ ...disk, image: large, name: "large" });
  const foreign = makeArtifact({ ...disk, image, deviceType: "edge-y9" });
  const empty = imageFile(join(disk.directory), new Uint8Array());
  const cases: [file: string, kind: string, request: Installing["request"]][] = [
    [artifact, "signature", key],
    [artifact, "incompatible", { device: { type: "edge-x2", provides: {} } }],
    [foreign, "incompatible", {}],
    [tooLarge, "space", {}],
    [large, "space", {}],
    [large, "not-an-artifact", { rawImages: "refuse" }],
    [empty, "truncated", {}],
    [artifact, "config", { keys: [], signatureRequired: true }],
  ];
  for (const [file, kind, request] of cases) {
    const { refusal, firstWrites } = await bothWays(disk, file, { request: request ?? {} });
    expect({ file, refusal, firstWrites }).toMatchObject({ refusal: { by: "artifact", kind }, firstWrites: 0 });
    expect({ file, isUntouched: slotIsUntouched(disk) }).toEqual({ file, isUntouched: true });
  }
});

test.skipIf(isSkipped)("an image that is too old for the caller leaves the slot as it was", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const artifact = makeArtifact({ ...disk, image: imageFile(disk.directory, pattern(mebibyte)) });
  fill(disk.slots.b, slotBytes, 0xa5);
  const beforeWriting = async () => {
    throw new Error("it is older than the floor");
  };
  const failing = installFile(disk.slots.b, artifact, { beforeWriting });
  expect(failing).rejects.toThrow("it is older than the floor");
  await failing.catch(() => undefined);
  expect(slotIsUntouched(disk)).toBe(true);
});

test.skipIf(isSkipped)("a payload that is damaged or cut off is refused after it was written", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const artifact = makeArtifact({ ...disk, image: imageFile(disk.directory, pattern(4 * mebibyte)) });
  const contents = readFileSync(artifact);
  const damaged = join(disk.directory, "damaged.mender");
  contents[2 * mebibyte]! ^= 1;
  writeFileSync(damaged, contents);
  const found = await bothWays(disk, damaged, {});
  expect(found).toMatchObject({ refusal: { by: "artifact", kind: "checksum" }, firstWrites: 1 });
  const cutOff = join(disk.directory, "cut-off.mender");
  writeFileSync(cutOff, contents.subarray(0, 3 * mebibyte));
  const short = await bothWays(disk, cutOff, {});
  expect(short).toMatchObject({ refusal: { by: "artifact" }, firstWrites: 1 });
});

const neighbours =
  "a set installs ours wherever it stands, with a decoder for each, and nothing when a neighbour is damaged";
test.skipIf(isSkipped)(neighbours, async () => {
  using disk = makeLoopDisk({ slotBytes });
  const image = pattern(3 * mebibyte);
  const file = imageFile(disk.directory, image);
  const [ours, theirs, others] = (["edge-x1", "edge-y9", "edge-z3"] as const).map((deviceType) =>
    makeArtifact({ ...disk, image: file, deviceType, compression: "gzip" }),
  ) as [string, string, string];
  for (const order of [
    [ours, theirs, others],
    [theirs, ours, others],
    [theirs, others, ours],
  ]) {
    const { image: found, refusal } = await bothWays(disk, makeSet(disk.directory, order), {});
    expect({ refusal, id: found?.imageId }).toEqual({ refusal: undefined, id: `sha256:${sha256(image)}` });
  }
  const damaged = readFileSync(theirs);
  damaged[damaged.byteLength - 3 * 1024 * 1024]! ^= 1;
  writeFileSync(theirs, damaged);
  const { refusal } = await bothWays(disk, makeSet(disk.directory, [ours, theirs]), {});
  expect(refusal).toMatchObject({ by: "artifact" });
});

test.skipIf(isSkipped)("a raw image counts when the caller says so, by both of its digests", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const image = pattern(mebibyte);
  const file = imageFile(disk.directory, image);
  const asked: unknown[] = [];
  const signer = { keyId: "0123456789ABCDEF", verified: true };
  const verifyRaw = (digests: unknown) => {
    asked.push(digests);
    return signer;
  };
  const { image: found } = await installFile(disk.slots.b, file, { request: { verifyRaw } });
  const blake2b512 = new Bun.CryptoHasher("blake2b512").update(image).digest("hex");
  expect(asked).toEqual([{ sha256: sha256(image), blake2b512 }]);
  expect(found).toMatchObject({ signer, warnings: [] });
  const mismatch = await bothWays(disk, file, { request: { expectedSha256: "0".repeat(64) } });
  expect(mismatch).toMatchObject({ refusal: { by: "artifact", kind: "checksum" }, firstWrites: 1 });
});

test.skipIf(isSkipped)("the job that writes has nothing but its descriptors", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const image = imageFile(disk.directory, pattern(mebibyte));
  const artifact = makeArtifact({ ...disk, image, compression: "gzip" });
  const seen: Record<string, string>[] = [];
  const beforeWriting = async () => void seen.push(...children().map(confinementOf));
  const { refusal } = await installFile(disk.slots.b, artifact, { beforeWriting });
  expect(refusal).toBeUndefined();
  const none = "0000000000000000";
  const confined = { CapPrm: none, CapEff: none, NoNewPrivs: "1", Seccomp: "2", root: "deleted" };
  expect(seen).toEqual([confined, confined]);
});

function confinementOf(pid: number): Record<string, string> {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const names = ["CapPrm", "CapEff", "NoNewPrivs", "Seccomp"];
  const lines = names.map((name) => [name, new RegExp(`^${name}:\\s+(\\S+)$`, "m").exec(status)?.[1] ?? ""]);
  const root = readlinkSync(`/proc/${pid}/root`).endsWith("(deleted)") ? "deleted" : "other";
  return { ...Object.fromEntries(lines), root };
}
