// Real faults, and what a person reads of them. Whatever happens, no job, no pipe and no device stays behind.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { faultyDevice, faultyFile, skipWithoutFuse } from "../kit/faulty-file.ts";
import {
  fill,
  imageFile,
  install,
  installBody,
  installFile,
  pattern,
  sha256,
  contentsOf,
  streamOf,
} from "../kit/installing.ts";
import { makeLoopDisk, mebibyte, skipWithoutLoop } from "../kit/loop-disk.ts";
import { makeArtifact, skipWithoutMenderArtifact } from "../kit/mender-artifacts.ts";
import { mounted } from "../kit/mounted.ts";
import { children, childrenOf, expectNothingLeft, isAlive, until } from "../kit/processes.ts";

const isSkipped = skipWithoutLoop();
const isFuseMissing = skipWithoutFuse() || isSkipped;
// Each install starts four processes, and other tests keep the processors busy.
setDefaultTimeout(120_000);
afterEach(expectNothingLeft);

const slotBytes = 8 * mebibyte;

test.skipIf(isFuseMissing)(
  "a source that cannot be read on is said with its byte, and is the upgrade's fault",
  async () => {
    using disk = makeLoopDisk({ slotBytes });
    await using file = await faultyFile(slotBytes, { readError: 5 * mebibyte });
    const { refusal } = await installFile(disk.slots.b, file.path);
    const message = expect.stringMatching(
      /^Cannot read the upgrade file: Input\/output error \(EIO\) at byte \d+; check the disk that it is on$/,
    );
    expect(refusal).toEqual({ by: "upgrade", kind: "io", message });
    const byte = Number(/at byte (\d+)/.exec(refusal?.message ?? "")?.[1]);
    expect(byte).toBeGreaterThanOrEqual(4 * mebibyte);
    expect(byte).toBeLessThanOrEqual(5 * mebibyte);
  },
);

const hangs = "a source that hangs is given up, and the slot can be written again";
// The job is waited for as long as the installer would: it cannot even be killed.
test.skipIf(isFuseMissing)(hangs, async () => {
  using disk = makeLoopDisk({ slotBytes });
  const killed: Promise<unknown>[] = [];
  {
    await using file = await faultyFile(slotBytes, { hang: 3 * mebibyte });
    const options = { stallTimeoutMs: 500, onJobKilled: (ended: Promise<unknown>) => killed.push(ended) };
    const { refusal } = await installFile(disk.slots.b, file.path, options);
    const why = "nothing was read or written for 0.5 s; check the sender and the device, and try again";
    expect(refusal).toEqual({ by: "upgrade", kind: "stalled", message: `Cannot install the image: ${why}` });
    expect(killed.length).toBe(1);
  }
  await Promise.all(killed);
  const { refusal } = await installFile(disk.slots.b, imageFile(disk.directory, pattern(1000)));
  expect(refusal).toBeUndefined();
});

test.skipIf(isFuseMissing)("a device that fails while it is written is said with its byte", async () => {
  await using device = await faultyDevice(slotBytes, { writeError: 5 * mebibyte });
  const { refusal, firstWrites } = await installBody(device.path, { pieces: [pattern(slotBytes)] });
  const message = expect.stringMatching(
    /^Cannot write the slot: Input\/output error \(EIO\) at byte 4194304; the device is faulty, or was taken away$/,
  );
  expect(refusal).toEqual({ by: "upgrade", kind: "io", message });
  expect(firstWrites).toBe(1);
});

test.skipIf(isFuseMissing)("a device that cannot give bytes back is said with its byte", async () => {
  await using device = await faultyDevice(slotBytes, { readError: 5 * mebibyte });
  const { refusal } = await installBody(device.path, { pieces: [pattern(slotBytes)] });
  const why = "Input/output error (EIO) at byte 4194304; the device is faulty";
  expect(refusal).toEqual({ by: "upgrade", kind: "io", message: `Cannot read the slot back: ${why}` });
});

test.skipIf(isFuseMissing)("a device that gives other bytes back is found out", async () => {
  await using device = await faultyDevice(slotBytes, { flip: 6_000_000 });
  const image = pattern(slotBytes);
  const { refusal } = await installBody(device.path, { pieces: [image] });
  const why = "what was read back is not what was written; the device is faulty";
  expect(refusal).toEqual({ by: "upgrade", kind: "io", message: `Cannot trust the slot: ${why}` });
});

test.skipIf(isFuseMissing)("a device that has no way to make zeros is written", async () => {
  await using device = await faultyDevice(slotBytes, {});
  fill(device.path, slotBytes, 0xa5);
  const image = new Uint8Array(slotBytes);
  image.set(pattern(5000), mebibyte);
  const { refusal } = await installBody(device.path, { pieces: [image] });
  expect(refusal).toBeUndefined();
  expect(sha256(contentsOf(device.path, slotBytes))).toBe(sha256(image));
});

test.skipIf(isSkipped)("a device that runs out of space behind its size says so", async () => {
  using small = mounted("tmpfs", "size=6m", "tmpfs");
  using disk = makeLoopDisk({ slotBytes, below: small.path });
  const { refusal } = await installBody(disk.slots.b, { pieces: [pattern(slotBytes)] });
  expect(refusal).toEqual({
    by: "upgrade",
    kind: "io",
    message: expect.stringMatching(
      /^Cannot write the slot: .+ \((ENOSPC|EIO)\) at byte \d+; the device is faulty, or was taken away$/,
    ),
  });
});

test.skipIf(isSkipped)("a body that ends before its length, or breaks, is cut off; the same for both", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const image = pattern(3 * mebibyte);
  const short = await installBody(disk.slots.b, { pieces: [image], bytesExpected: image.byteLength + 1 });
  expect(short.refusal).toMatchObject({ by: "artifact", kind: "truncated" });
  async function* breaks() {
    yield image;
    throw new DOMException("The connection was closed.", "AbortError");
  }
  const broken = await installBody(disk.slots.b, { pieces: breaks(), bytesExpected: 2 * image.byteLength });
  const why = "the sender went away before all of it had come; send it again";
  expect(broken.refusal).toEqual({
    by: "artifact",
    kind: "truncated",
    message: `Cannot read the upgrade file: ${why}`,
  });
});

test.skipIf(isSkipped)("a body that stalls is given up", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const { promise: never, resolve: end } = Promise.withResolvers<void>();
  async function* stalls() {
    yield pattern(mebibyte);
    await never;
  }
  const running = install(
    disk.slots.b,
    { kind: "body", body: streamOf(stalls()), bytesExpected: slotBytes },
    { stallTimeoutMs: 500 },
  );
  const { refusal } = await running;
  expect(refusal).toMatchObject({ by: "upgrade", kind: "stalled" });
  await until(() => children().length === 0, "its jobs have ended");
  // Only the answer ends a body that stalls; here its sender does.
  end();
});

test.skipIf(isSkipped)("an install can be cancelled before and while it writes", async () => {
  using disk = makeLoopDisk({ slotBytes: 64 * mebibyte });
  const file = imageFile(disk.directory, pattern(64 * mebibyte));
  const cancelled = {
    by: "upgrade" as const,
    kind: "cancelled",
    message: "Cannot install the image: it was cancelled",
  };
  const before = await installFile(disk.slots.b, file, { signal: AbortSignal.abort() });
  expect(before).toMatchObject({ refusal: cancelled, firstWrites: 0 });
  const controller = new AbortController();
  const beforeWriting = async () => controller.abort();
  expect(await installFile(disk.slots.b, file, { signal: controller.signal, beforeWriting })).toMatchObject({
    refusal: cancelled,
    firstWrites: 1,
  });
});

test.skipIf(isSkipped)("the slot stays as it is when the caller cannot note that it changes", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const before = sha256(contentsOf(disk.slots.b, slotBytes));
  const file = imageFile(disk.directory, pattern(slotBytes));
  const failing = installFile(disk.slots.b, file, {
    beforeWriting: async () => {
      throw new Error("the record cannot be written");
    },
  });
  expect(failing).rejects.toThrow("the record cannot be written");
  await failing.catch(() => undefined);
  await expectNothingLeft();
  expect(sha256(contentsOf(disk.slots.b, slotBytes))).toBe(before);
});

test.skipIf(isSkipped)(
  "a job that is killed at any moment is told of, and the next install finds the slot free",
  async () => {
    using disk = makeLoopDisk({ slotBytes: 32 * mebibyte });
    const file = imageFile(disk.directory, pattern(32 * mebibyte));
    const jobs = new Set<string>();
    for (let delayMs = 0; delayMs < 400; delayMs += 25) {
      const running = installFile(disk.slots.b, file);
      await until(() => children().length > 0, "a job has started");
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      // One after the other: the one that writes, the one that reads back.
      const victim = children().at((delayMs / 25) % 2 === 0 ? 0 : -1);
      if (victim !== undefined) process.kill(victim, "SIGKILL");
      const { refusal } = await running;
      if (refusal === undefined) continue;
      const found = /^Cannot install the image: the job (.+) ended early with SIGKILL; see the daemon's log$/.exec(
        refusal.message,
      );
      expect(found?.[1] ?? refusal.message).toMatch(/^(write|read-back)$/);
      jobs.add(found?.[1] ?? "");
      await expectNothingLeft();
    }
    expect([...jobs].sort()).toEqual(["read-back", "write"]);
    expect((await installFile(disk.slots.b, file)).refusal).toBeUndefined();
  },
);

const isMenderMissing = skipWithoutMenderArtifact() || isSkipped;
test.skipIf(isMenderMissing)("a decoder ends with the job that started it", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const image = imageFile(disk.directory, pattern(slotBytes));
  for (const compression of ["gzip", "lzma"] as const) {
    const artifact = makeArtifact({ ...disk, image, compression });
    const decoders: number[] = [];
    const beforeWriting = async () => {
      const jobs = children();
      decoders.push(...jobs.flatMap(childrenOf));
      for (const pid of jobs) process.kill(pid, "SIGKILL");
    };
    const { refusal } = await installFile(disk.slots.b, artifact, { beforeWriting });
    expect(refusal?.message).toMatch(/ended early with SIGKILL/);
    expect(decoders.length).toBe(1);
    await until(() => decoders.every((pid) => !isAlive(pid)), "the decoder has ended");
  }
});

test.skipIf(isSkipped)("the jobs end with the daemon that started them", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const daemon = Bun.spawn([process.execPath, join(import.meta.dirname, "../kit/install-for-ever.ts"), disk.slots.b], {
    stdout: "pipe",
  });
  const first = await daemon.stdout[Symbol.asyncIterator]().next();
  const jobs = new TextDecoder().decode(first.value).trim().split(" ");
  expect(jobs.length).toBe(2);
  daemon.kill("SIGKILL");
  await daemon.exited;
  await until(() => jobs.every((pid) => !isAlive(Number(pid))), "both jobs have ended");
});

test.skipIf(isSkipped)("a program that is no job of ours is told of", async () => {
  using disk = makeLoopDisk({ slotBytes });
  const file = imageFile(disk.directory, pattern(1000));
  const { refusal } = await installFile(disk.slots.b, file, { program: ["/bin/true"] });
  const why = "ended early with exit code 0; see the daemon's log";
  expect(refusal?.message).toMatch(new RegExp(`^Cannot install the image: the job (write|read-back) ${why}$`));
});
