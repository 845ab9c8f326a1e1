import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { statSync } from "node:fs";
import { contentsOf, fill, imageFile, installBody, installFile, pattern, sha256 } from "../kit/installing.ts";
import { makeLoopDisk, mebibyte, skipWithoutLoop } from "../kit/loop-disk.ts";
import { expectNothingLeft } from "../kit/processes.ts";

const isSkipped = skipWithoutLoop();
// Each install starts four processes, and other tests keep the processors busy.
setDefaultTimeout(120_000);
afterEach(expectNothingLeft);

const slotBytes = 8 * mebibyte;
const block = 2 * mebibyte;
const sizes = [512, 513, 65_536, block - 1, block, block + 1, 3 * block + 4096 + 7, slotBytes - 1, slotBytes];

/** The whole slot as it has to be: the image, and behind it what was there before. */
function expected(image: Uint8Array): Uint8Array {
  const all = new Uint8Array(slotBytes).fill(0xa5);
  all.set(image);
  return all;
}

test.skipIf(isSkipped)(
  "partitionsInstaller writes an image of any size by path and by body, and nothing behind it",
  async () => {
    using disk = makeLoopDisk({ slotBytes });
    const device = disk.slots.b;
    for (const bytes of sizes) {
      const image = pattern(bytes);
      const file = imageFile(disk.directory, image);
      const installed = { imageId: `sha256:${sha256(image)}`, bytes };
      const ways = {
        path: () => installFile(device, file),
        body: () => installBody(device, { pieces: [image], bytesExpected: bytes }),
        stream: () => installBody(device, { pieces: [image] }),
      };
      for (const [way, run] of Object.entries(ways)) {
        fill(device, slotBytes, 0xa5);
        const { image: found, refusal, firstWrites } = await run();
        expect({ way, refusal, found, firstWrites }).toMatchObject({ found: installed, firstWrites: 1 });
        const isSame = Buffer.from(contentsOf(device, slotBytes)).equals(expected(image));
        expect({ way, bytes, isSame }).toEqual({ way, bytes, isSame: true });
      }
    }
  },
);

test.skipIf(isSkipped)(
  "partitionsInstaller refuses a byte more than the slot has, and writes nothing of what says so",
  async () => {
    using disk = makeLoopDisk({ slotBytes });
    const device = disk.slots.b;
    const image = pattern(slotBytes + 1);
    const message = `Cannot install the image: it has ${slotBytes + 1} bytes, the slot ${slotBytes}`;
    fill(device, slotBytes, 0xa5);
    const byPath = await installFile(device, imageFile(disk.directory, image));
    const byBody = await installBody(device, { pieces: [image], bytesExpected: image.byteLength });
    for (const { refusal, firstWrites } of [byPath, byBody]) {
      expect(refusal).toMatchObject({ kind: "space", message });
      expect(firstWrites).toBe(0);
    }
    expect(sha256(contentsOf(device, slotBytes))).toBe(sha256(expected(new Uint8Array())));
    const unsaid = await installBody(device, { pieces: [image] });
    expect(unsaid.refusal).toMatchObject({ kind: "space" });
  },
);

test.skipIf(isSkipped)("partitionsInstaller takes a body in pieces of one byte", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const image = pattern(5000);
  const pieces = Array.from(image, (_, index) => image.subarray(index, index + 1));
  const { image: found } = await installBody(disk.slots.b, { pieces, bytesExpected: image.byteLength });
  expect(found?.imageId).toBe(`sha256:${sha256(image)}`);
  expect(sha256(contentsOf(disk.slots.b, image.byteLength))).toBe(sha256(image));
});

test.skipIf(isSkipped)("partitionsInstaller gives zeros back to the device instead of writing them", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const device = disk.slots.b;
  fill(device, slotBytes, 0xa5);
  Bun.spawnSync(["sync", device]);
  const before = statSync(disk.image).blocks * 512;
  const image = new Uint8Array(slotBytes);
  image.set(pattern(10_000), 3 * mebibyte + 1234);
  const { image: found } = await installFile(device, imageFile(disk.directory, image));
  expect(found?.imageId).toBe(`sha256:${sha256(image)}`);
  expect(sha256(contentsOf(device, slotBytes))).toBe(sha256(image));
  expect(before - statSync(disk.image).blocks * 512).toBeGreaterThan(slotBytes - 2 * 65_536 - 4096);
});

test.skipIf(isSkipped)(
  "partitionsInstaller tells what is read, then what is written, and never goes back",
  async () => {
    using disk = makeLoopDisk({ slotBytes: 64 * mebibyte });
    const bytes = 64 * mebibyte;
    const { progress } = await installFile(disk.slots.b, imageFile(disk.directory, pattern(bytes)));
    expect(progress[0]).toEqual({ phase: "write", bytes: 0, bytesTotal: bytes });
    const order = progress.map(({ phase, bytes: done }) => (phase === "verify" ? 2 : 1) * 1e12 + done);
    expect(order).toEqual(order.toSorted((left, right) => left - right));
  },
);

test.skipIf(isSkipped)("partitionsInstaller gives the device back when it resolves", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const file = imageFile(disk.directory, pattern(3 * block));
  for (let round = 0; round < 5; round += 1) {
    const { refusal } = await installFile(disk.slots.b, file);
    expect(refusal).toBeUndefined();
  }
});
