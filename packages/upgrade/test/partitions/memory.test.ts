// Memory does not grow with the image: not that of the jobs, and not ours while a body passes.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { tmpdir } from "node:os";
import { installBody, peakBytes, pattern } from "../kit/installing.ts";
import { makeLoopDisk, mebibyte, skipWithoutLoop } from "../kit/loop-disk.ts";
import { children, expectNothingLeft, until } from "../kit/processes.ts";

const isSkipped = skipWithoutLoop();
// Each install starts four processes, and other tests keep the processors busy.
setDefaultTimeout(120_000);
afterEach(expectNothingLeft);

const gibibyte = 1024 * mebibyte;
const jobBytesMax = 120 * mebibyte;

test.skipIf(isSkipped)("each job stays below 120 MB for a body of 1 GiB", async () => {
  using disk = makeLoopDisk({ slotBytes: gibibyte, below: tmpdir() });
  const piece = pattern(mebibyte);
  const peaks = new Map<number, number>();
  function* pieces() {
    for (let count = 0; count < 1024; count += 1) {
      if (count % 16 === 0) for (const pid of children()) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peakBytes(pid)));
      yield piece;
    }
  }
  const { image, refusal } = await installBody(disk.slots.b, { pieces: pieces(), bytesExpected: gibibyte });
  expect({ refusal, bytes: image?.bytes }).toEqual({ refusal: undefined, bytes: gibibyte });
  expect(peaks.size).toBe(2);
  for (const [, bytes] of peaks) expect(bytes).toBeGreaterThan(10 * mebibyte);
  for (const [, bytes] of peaks) expect(bytes).toBeLessThan(jobBytesMax);
});

test.skipIf(isSkipped)(
  "a device that is slower than the sender holds the sender back",
  { timeout: 60_000 },
  async () => {
    using disk = makeLoopDisk({ slotBytes: 256 * mebibyte, below: tmpdir() });
    const piece = pattern(mebibyte);
    const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
    let given = 0;
    function* pieces() {
      for (; given < 256; given += 1) yield piece;
    }
    const beforeWriting = async () => {
      // The job waits for this, and reads no more.
      await until(() => given > 1, "the pipe has been filled");
      await settled(() => given);
      expect(given).toBeLessThan(16);
      goOn();
    };
    const running = installBody(disk.slots.b, { pieces: pieces(), bytesExpected: 256 * mebibyte }, { beforeWriting });
    await mayGoOn;
    expect((await running).refusal).toBeUndefined();
  },
);

/** Until a count has been the same for a while. */
async function settled(count: () => number): Promise<void> {
  let last = -1;
  for (let same = 0; same < 20; same = count() === last ? same + 1 : 0) {
    last = count();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
