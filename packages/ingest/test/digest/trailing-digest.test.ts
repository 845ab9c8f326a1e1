import { expect, test } from "bun:test";
import { appendFileSync, closeSync, openSync, writeFileSync } from "node:fs";
import { TrailingDigest } from "../../source/digest/trailing-digest.ts";
import { startReception } from "../../source/reception.ts";
import {
  children,
  limits,
  pattern,
  type ProgramName,
  programOf,
  refusal,
  sha256,
  until,
  Workshop,
} from "../workshop.ts";

const contents = pattern(5 * 1024 * 1024 + 3);

class Growing implements Disposable {
  readonly workshop = new Workshop();
  readonly path = this.workshop.path("image");
  readonly fd: number;
  readonly digest: TrailingDigest;

  constructor(options: { program?: ProgramName; signal?: AbortSignal; stallTimeoutMs?: number } = {}) {
    const { program, signal, ...more } = options;
    writeFileSync(this.path, "");
    this.fd = openSync(this.path, "r");
    const inbox = { directory: this.workshop.directory, program: programOf(program ?? "job") };
    const reception = startReception({ ...inbox, limits: { ...limits, ...more } }, "image", { signal });
    this.digest = new TrailingDigest(reception, this.fd);
  }

  grow(to: number, from = 0): void {
    appendFileSync(this.path, contents.subarray(from, to));
  }

  [Symbol.dispose](): void {
    this.digest.giveUp();
    closeSync(this.fd);
    this.workshop[Symbol.dispose]();
  }
}

test("TrailingDigest: what is told while the file grows is hashed, and not what lies behind", async () => {
  using file = new Growing();
  const steps = [1, 1024 * 1024, 1024 * 1024 + 1, 4_000_000, contents.byteLength];
  for (const [index, step] of steps.entries()) {
    file.grow(step, steps[index - 1] ?? 0);
    file.digest.reached(step);
  }
  appendFileSync(file.path, "not told");
  expect(await file.digest.finish(contents.byteLength)).toBe(sha256(contents));
  await until(() => children().length === 0, "the job is gone");
});

for (const bytes of [0, 3, 1024 * 1024, contents.byteLength]) {
  test(`TrailingDigest: ${bytes} bytes that were there all the time, with and without a start before them`, async () => {
    for (const isStarted of [true, false]) {
      using file = new Growing();
      if (isStarted) file.digest.start();
      file.grow(bytes);
      expect(await file.digest.finish(bytes)).toBe(sha256(contents.subarray(0, bytes)));
    }
  });
}

test("TrailingDigest: a job that ends early is the failure of whoever finishes it, and of nobody else", async () => {
  using file = new Growing({ program: "crash" });
  file.grow(contents.byteLength);
  file.digest.reached(contents.byteLength);
  await until(() => children().length === 0, "the job has ended");
  file.digest.reached(contents.byteLength);
  const { message } = await refusal(file.digest.finish(contents.byteLength));
  expect(message).toBe('Cannot receive "image": its digest job ended early with SIGKILL; see the daemon\'s log');
});

test("TrailingDigest: a file that is shorter than it was told to be is a failure", async () => {
  using file = new Growing();
  file.grow(2_000_000);
  file.digest.reached(2_000_001);
  const failure = await file.digest.finish(2_000_001).catch((error: unknown) => error);
  expect(failure).toMatchObject({ message: "the inbox file ended after 2000000 of 2000001 bytes" });
});

test("TrailingDigest: giveUp, the signal and a stall end the job", async () => {
  const controller = new AbortController();
  for (const [kind, options, act] of [
    ["cancelled", {}, (file: Growing) => file.digest.giveUp()],
    ["cancelled", { signal: controller.signal }, () => controller.abort()],
    ["stalled", { stallTimeoutMs: 20 }, () => undefined],
  ] as const) {
    using file = new Growing({ program: "hang", ...options });
    const before = children();
    file.digest.start();
    expect(children().filter((pid) => !before.includes(pid)).length).toBe(1);
    act(file);
    expect((await refusal(file.digest.finish(3))).kind).toBe(kind);
    await until(() => children().length === 0, "the job is gone");
  }
});
