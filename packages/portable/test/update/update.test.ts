import { expect, test } from "bun:test";
import { readAttached } from "../../source/attachments/attached.ts";
import { PortableError } from "../../source/error.ts";
import type { Target } from "../../source/update/target.ts";
import { update } from "../../source/update/update.ts";
import { FakeHost } from "../kit/fake-host.ts";
import { inDirectory } from "../kit/image.ts";

const unit = "minimal-test.service";
const dwell = { dwellMs: 20, intervalMs: 5 };

function target(name: string): Target {
  const image = `/slots/${name}`;
  return { service: "minimal", image, prefixes: ["minimal"], profile: "default", units: [unit], starts: [unit] };
}

const old = target("minimal_1.0-a");

async function withHost(act: (fake: FakeHost) => Promise<void>): Promise<void> {
  await inDirectory(async (root) => {
    const fake = new FakeHost(root, () => ({ osRelease: "ID=x\n", units: new Map([[unit, ""]]) }));
    await update(fake.host, { from: undefined, to: old }, dwell);
    fake.calls.length = 0;
    await act(fake);
  });
}

async function attachedNow(fake: FakeHost): Promise<string[]> {
  return (await readAttached(fake.root)).flatMap(({ images }) => images.map(({ image }) => image));
}

function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "it succeeded",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

test("P9: an update exchanges, reloads and starts, in this order", async () => {
  await withHost(async (fake) => {
    await update(fake.host, { from: old, to: target("minimal_1.1-b") }, dwell);
    expect(fake.calls).toEqual(["reattach minimal_1.1-b", "reload", `RestartUnit ${unit}`]);
    expect(await attachedNow(fake)).toEqual(["/slots/minimal_1.1-b"]);
    expect(fake.runs(unit)?.root).toBe("/slots/minimal_1.1-b");
  });
});

test("P14, P16: where the exchange fails the old one is put back by force, and its process was never ended", async () => {
  await withHost(async (fake) => {
    const before = fake.runs(unit);
    fake.fail = (call) =>
      call.startsWith("reattach") ? new PortableError("image", "Cannot exchange the image: no") : undefined;
    const failing = messageOf(update(fake.host, { from: old, to: target("minimal_1.1-b") }, dwell));
    expect(await failing).toBe("Cannot exchange the image: no");
    expect(fake.calls).toEqual(["reattach minimal_1.1-b", "attach minimal_1.0-a by force", "reload"]);
    expect(await attachedNow(fake)).toEqual([old.image]);
    expect(fake.runs(unit)).toEqual(before);
  });
});

test("P30: an exchange that nobody answers is settled by ending portabled, and then looked at", async () => {
  await withHost(async (fake) => {
    fake.fail = (call) =>
      call.startsWith("reattach") ? new PortableError("timeout", "Cannot call: no answer") : undefined;
    expect(await messageOf(update(fake.host, { from: old, to: target("minimal_1.1-b") }, dwell))).toBe(
      "Cannot call: no answer",
    );
    expect(fake.calls).toEqual([
      "reattach minimal_1.1-b",
      "StopUnit systemd-portabled.service",
      "attach minimal_1.0-a by force",
      "reload",
    ]);
    expect(await attachedNow(fake)).toEqual([old.image]);
  });
});

test("P18: a version whose program does not start is left again, and the old one runs", async () => {
  await withHost(async (fake) => {
    const failing = update(fake.host, { from: old, to: target("minimal_broken-b") }, dwell);
    expect(await messageOf(failing)).toBe(
      `Cannot keep "${unit}" running: it is failed (result exit-code, status 203); see journalctl --unit=${unit} on the host`,
    );
    expect(await attachedNow(fake)).toEqual([old.image]);
    expect(fake.runs(unit)?.root).toBe(old.image);
  });
});

test("P32: a version that is started again and again is left, too", async () => {
  await withHost(async (fake) => {
    const failing = update(fake.host, { from: old, to: target("minimal_looping-b") }, dwell);
    expect(await messageOf(failing)).toContain("it was started again meanwhile");
    expect(await attachedNow(fake)).toEqual([old.image]);
  });
});

test("where the way back fails as well, both reasons are told", async () => {
  await withHost(async (fake) => {
    fake.fail = (call) =>
      call === "reattach minimal_1.0-a" ? new PortableError("no-bus", "Cannot reach the bus") : undefined;
    fake.fail = (call) =>
      call.includes("minimal_1.0-a") ? new PortableError("no-bus", "Cannot reach the bus") : undefined;
    const message = await messageOf(update(fake.host, { from: old, to: target("minimal_broken-b") }, dwell));
    expect(message).toContain("it is failed");
    expect(message).toContain("Cannot go back either: Cannot reach the bus");
  });
});

test("an attachment of others is never touched", async () => {
  await withHost(async (fake) => {
    const strange = target("minimal_9-x");
    const failing = update(fake.host, { from: target("minimal_2-a"), to: strange }, dwell);
    expect(await messageOf(failing)).toContain(`"${old.image}" is attached, which is no image of ours`);
    expect(fake.calls).toEqual([]);
  });
});

test("however often versions fail one after the other, the old one comes back: systemd's limit of starts is not theirs", async () => {
  await withHost(async (fake) => {
    for (let times = 0; times < 8; times += 1) {
      const failing = update(fake.host, { from: old, to: target("minimal_broken-b") }, dwell);
      expect(await messageOf(failing)).not.toContain("Cannot go back either");
      expect(fake.runs(unit)?.root).toBe(old.image);
    }
  });
});
