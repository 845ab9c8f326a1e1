import { expect, test } from "bun:test";
import { join } from "node:path";
import type { OperationEvent, ProgressEvent } from "@host-service/protocol";
import { barLine, createBar } from "../source/progress/bar.ts";
import { Pace, clock, percentOf } from "../source/progress/figures.ts";
import { createPlain } from "../source/progress/plain.ts";
import { answer } from "./examples.ts";
import { eventStream, fakeHost } from "./fake-host.ts";
import { expectGolden } from "./golden.ts";

const base = { type: "progress", operation: "x" } as const;
const receiving: ProgressEvent = {
  ...base,
  phase: "receive",
  part: "rootfs.tar.xz",
  bytes: 112_400_000,
  bytesTotal: 267_100_000,
};
const unpacking: ProgressEvent = { ...base, phase: "unpack", entries: 7612, bytes: 312_000_000, percent: 61 };
const endless: ProgressEvent = { ...base, phase: "receive", part: "bundle", bytes: 5_000_000 };
const recording: ProgressEvent = { ...base, phase: "record" };
const pace = { rate: 98_300_000, secondsLeft: 1.6 };
const unknown = { rate: undefined, secondsLeft: undefined };

test("barLine fits into every width", async () => {
  const lines: string[] = [];
  for (const columns of [200, 100, 80, 60, 40, 24, 10]) {
    lines.push(`${columns} columns`);
    for (const [event, speed] of [
      [receiving, pace],
      [unpacking, unknown],
      [endless, pace],
      [recording, unknown],
    ] as const) {
      const line = barLine(event, { ...speed, columns });
      expect(line.length).toBeLessThan(columns);
      lines.push(line);
    }
  }
  for (let columns = 0; columns < 120; columns++) {
    expect(barLine(receiving, { ...pace, columns }).length).toBeLessThanOrEqual(Math.max(1, columns - 1));
  }
  await expectGolden("bar.txt", `${lines.join("\n")}\n`);
});

test("percentOf is never above 99 and never below 0", () => {
  expect(percentOf({ ...receiving, bytes: 267_100_000 })).toBe(99);
  expect(percentOf({ ...unpacking, percent: 100 })).toBe(99);
  expect(percentOf({ ...unpacking, percent: -5 })).toBe(0);
  expect(percentOf({ ...receiving, bytesTotal: 0 })).toBeUndefined();
});

test("Pace measures within one phase and starts anew with the next", () => {
  const measured = new Pace();
  expect(measured.measure({ ...receiving, bytes: 100 }, 0)).toEqual(unknown);
  expect(measured.measure({ ...receiving, bytes: 300, bytesTotal: 700 }, 1000)).toEqual({ rate: 200, secondsLeft: 2 });
  expect(measured.measure({ ...receiving, part: "bundle", bytes: 400 }, 2000)).toEqual(unknown);
});

test("clock is as long as it has to be", () => {
  expect([0.2, 59.5, 725, 3723].map(clock)).toEqual(["0:01", "1:00", "12:05", "1:02:03"]);
});

test("createBar draws at most ten times a second and erases its line", () => {
  let written = "";
  let now = 0;
  const bar = createBar({ write: (text) => (written += text), columns: () => 30, now: () => now });
  bar.show(recording);
  bar.show(recording);
  now = 100;
  bar.show(recording);
  bar.end();
  const erase = "\r\u001b[K";
  expect(written).toBe(`${erase}recording${erase}recording${erase}`);
});

test("createPlain writes a line per phase and one every five seconds", () => {
  const lines: string[] = [];
  let now = 0;
  const plain = createPlain({ write: (line) => lines.push(line), now: () => now });
  const events: [number, OperationEvent][] = [
    [0, receiving],
    [1000, receiving],
    [4999, receiving],
    [5000, receiving],
    [5001, recording],
  ];
  for (const [at, event] of events) {
    now = at;
    plain.show(event);
  }
  const receive = "receiving rootfs.tar.xz: 42 %, 112.4 MB of 267.1 MB";
  expect(lines).toEqual([receive, receive, "recording"]);
});

const hasScript = Bun.which("script") !== null;
if (!hasScript) console.log("skipped: the bar on a terminal: there is no script(1)");
test.skipIf(!hasScript)("install draws its bar on a terminal, within its width, and leaves a clean line", async () => {
  const operation = { id: "x", action: "install", state: "running", startedAt: "", events: "" };
  const info = { name: "host-service", version: "0", api: 1, features: ["path"], bootId: "", listener: "host" };
  await using host = await fakeHost({
    "GET /v1": { json: info },
    "POST /v1/containers/~/install": { status: 202, json: operation },
    "GET /v1/operations/*/events": () =>
      eventStream([
        receiving,
        { ...receiving, part: "\u001b[2Jevil" },
        unpacking,
        { type: "result", operation: "x", result: answer },
      ]),
  });
  const files = [join(import.meta.dir, "../package.json"), join(import.meta.dir, "../tsconfig.json")];
  const command = ["stty", "cols", "60", ";", process.execPath, join(import.meta.dir, "../source/main.ts")];
  const words = [...command, "container", "install", ...files].join(" ");
  const env = { PATH: process.env["PATH"] ?? "", TERM: "xterm", HOST_SERVICE_SOCKET: host.socketPath };
  const child = Bun.spawn(["script", "-qec", words, "/dev/null"], {
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const shown = await child.stdout.text();
  expect(await child.exited).toBe(0);
  const erase = "\r\u001b[K";
  const frames = shown.split(erase);
  expect(frames.at(-1)).toBe("OK\r\n");
  const evil: ProgressEvent = { ...receiving, part: "?[2Jevil" };
  const drawn = [receiving, evil, unpacking].map((event) => barLine(event, { ...unknown, columns: 60 }));
  expect(frames.slice(1, -1)).toEqual(drawn);
  expect(frames.every((frame) => frame.trimEnd().length < 60)).toBe(true);
  expect(shown).not.toContain("100 %");
});
