import { expect, test } from "bun:test";
import { readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import type { IngestErrorKind } from "../../source/index.ts";
import { handOver } from "../handing-over.ts";
import { pattern, type ProgramName, refusal, sha256, Workshop } from "../workshop.ts";

const name = "the rootfs";

class Elsewhere implements Disposable {
  readonly path = `/dev/shm/ingest-${process.pid}`;

  constructor() {
    writeFileSync(this.path, "");
  }

  [Symbol.dispose](): void {
    rmSync(this.path);
  }
}

for (const what of ["file", "read-write"]) {
  test(`receiveHandedOver: ${what} becomes our own verified copy, from its beginning`, async () => {
    using workshop = new Workshop();
    const inbox = await workshop.inbox();
    const path = workshop.path("image");
    const contents = pattern(3 * 1024 * 1024 + 1);
    writeFileSync(path, contents);
    await using handed = await handOver(workshop, what, path);
    const file = await inbox.receiveHandedOver(handed.connection, { name, sha256: sha256(contents) });
    expect(file).toMatchObject({ bytes: contents.byteLength, sha256: sha256(contents) });
    expect(readFileSync(file.path)).toEqual(Buffer.from(contents));
    // The offset is shared with the process that opened the file.
    expect(await handed.leave()).toBe(what === "file" ? "5" : "");
    await file.discard();
    await workshop.expectNothingLeft();
  });
}

test("receiveHandedOver: sealed memory is taken", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  await using handed = await handOver(workshop, "memfd-sealed");
  const file = await inbox.receiveHandedOver(handed.connection, { name });
  expect(readFileSync(file.path, "utf8")).toBe("some contents");
  await file.discard();
  await workshop.expectNothingLeft();
});

test("receiveHandedOver: what was sent stays there when the sender has left", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  writeFileSync(workshop.path("image"), "abc");
  await using handed = await handOver(workshop, "file", workshop.path("image"));
  await handed.leave();
  const file = await inbox.receiveHandedOver(handed.connection, { name });
  expect(file).toMatchObject({ bytes: 3, sha256: sha256("abc") });
  await file.discard();
});

for (const [what, bytes, kind] of [
  ["an empty file", 0, "empty"],
  ["a file above the limit", 2 * 1024 ** 3, "too-large"],
] as const) {
  test(`receiveHandedOver: ${what} is ${kind}, and nothing is copied`, async () => {
    using workshop = new Workshop();
    const inbox = await workshop.inbox();
    const path = workshop.path("image");
    writeFileSync(path, "");
    truncateSync(path, bytes);
    await using handed = await handOver(workshop, "file", path);
    expect((await refusal(inbox.receiveHandedOver(handed.connection, { name }))).kind).toBe(kind);
    await workshop.expectNothingLeft();
  });
}

test("receiveHandedOver: a file that somebody writes to while it is copied is changed", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  // In another file system than the inbox, so that no blocks are shared and the copy takes its time.
  using elsewhere = new Elsewhere();
  truncateSync(elsewhere.path, 256 * 1024 * 1024);
  await using handed = await handOver(workshop, "file", elsewhere.path);
  const onProgress = ({ bytes }: { bytes: number }) => {
    if (bytes > 0) utimesSync(elsewhere.path, 1, 1);
  };
  expect((await refusal(inbox.receiveHandedOver(handed.connection, { name, onProgress }))).kind).toBe("changed");
  await workshop.expectNothingLeft();
});

const troubled: { what: string; program: ProgramName; kind: IngestErrorKind }[] = [
  { what: "a file that changed while it was copied", program: "taken-changed", kind: "changed" },
  { what: "a file that got shorter while it was copied", program: "taken-torn", kind: "changed" },
  { what: "a file system that hangs", program: "hang", kind: "stalled" },
  { what: "a job that is killed", program: "crash", kind: "failed" },
];

for (const { what, program, kind } of troubled) {
  test(`receiveHandedOver: ${what} is ${kind}`, async () => {
    using workshop = new Workshop();
    const stallTimeoutMs = program === "hang" ? 200 : 20_000;
    const inbox = await workshop.inbox({ program, limits: { stallTimeoutMs } });
    writeFileSync(workshop.path("image"), "abc");
    await using handed = await handOver(workshop, "file", workshop.path("image"));
    expect((await refusal(inbox.receiveHandedOver(handed.connection, { name }))).kind).toBe(kind);
    await workshop.expectNothingLeft();
  });
}
