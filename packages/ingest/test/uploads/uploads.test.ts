import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chunk, openClient } from "../receiver.ts";
import { openBelow, pattern, refusal, sha256, until } from "../workshop.ts";
import { Bench } from "./bench.ts";

const mebibyte = 1024 * 1024;
const contents = pattern(3 * mebibyte + 17);
const unknownLength = { length: undefined, sha256: undefined };

test("append puts the pieces one behind the other and the last one completes with the digest of all", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", { length: contents.byteLength, sha256: sha256(contents) });
  expect(await bench.send(id, contents.subarray(0, 10), { offset: 0 })).toMatchObject({ id, offset: 10 });
  expect(await bench.send(id, undefined, { offset: 10 })).toMatchObject({ offset: 10 });
  expect(await bench.send(id, contents.subarray(10, mebibyte), { offset: 10 })).toMatchObject({ offset: mebibyte });
  const whole = await bench.send(id, contents.subarray(mebibyte), { offset: mebibyte, last: true });
  expect(whole).toMatchObject({ offset: contents.byteLength, sha256: sha256(contents) });
  const file = await bench.uploads.take("host", id, { name: "rootfs" });
  expect({ bytes: file.bytes, sha256: file.sha256 }).toEqual({
    bytes: contents.byteLength,
    sha256: sha256(contents),
  });
  expect(Buffer.compare(readFileSync(file.path), contents)).toBe(0);
  await file.discard();
  await file.discard();
  expect(bench.names()).toEqual([`${id}.upload`, `${id}.upload.json`]);
  await bench.uploads.remove("host", id);
  expect(bench.names()).toEqual([]);
  expect(openBelow(bench.directory)).toEqual([]);
});

test("append completes without a body what has arrived before", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", unknownLength);
  await bench.send(id, contents, { offset: 0 });
  expect(await bench.send(id, undefined, { offset: contents.byteLength, last: true })).toMatchObject({
    length: contents.byteLength,
    sha256: sha256(contents),
  });
});

test("append keeps what arrived of a body that was cut, and tells it after a restart", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", unknownLength);
  const client = openClient(bench.socket);
  client.send(bench.head(id, `Upload-Offset: 0\r\nUpload-Complete: ?1\r\nContent-Length: ${contents.byteLength}\r\n`));
  client.send(contents.subarray(0, 2 * mebibyte));
  const path = join(bench.directory, `${id}.upload`);
  await until(() => readFileSync(path).byteLength === 2 * mebibyte, "it has arrived");
  client[Symbol.dispose]();
  await until(() => bench.errors.length === 1, "the request has failed");
  expect(bench.errors[0]?.kind).toBe("incomplete");
  expect(await bench.uploads.find("host", id)).toMatchObject({ offset: 2 * mebibyte });
  await bench.restart();
  expect(await bench.uploads.find("host", id)).toMatchObject({ offset: 2 * mebibyte });
  const rest = await bench.send(id, contents.subarray(2 * mebibyte), { offset: 2 * mebibyte, last: true });
  expect(rest).toMatchObject({ sha256: sha256(contents) });
});

test("a restart counts no byte behind the recorded offset, and drops an upload that has lost some", async () => {
  await using bench = await Bench.open();
  const [more, less] = [
    await bench.uploads.begin("host", unknownLength),
    await bench.uploads.begin("host", unknownLength),
  ];
  for (const { id } of [more, less]) await bench.send(id, contents.subarray(0, 1000), { offset: 0 });
  appendFileSync(join(bench.directory, `${more.id}.upload`), "not yet told");
  truncateSync(join(bench.directory, `${less.id}.upload`), 999);
  await bench.restart();
  expect(await bench.uploads.find("host", more.id)).toMatchObject({ offset: 1000 });
  expect(readFileSync(join(bench.directory, `${more.id}.upload`)).byteLength).toBe(1000);
  expect((await refusal(bench.uploads.find("host", less.id))).kind).toBe("unknown-upload");
  expect(bench.names()).toEqual([`${more.id}.upload`, `${more.id}.upload.json`]);
});

test("a restart sweeps halves, what cannot be read and what has expired, and nothing else", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", unknownLength);
  const [one, two, three] = ["1", "2", "3"].map((digit) => digit.repeat(32));
  writeFileSync(join(bench.directory, `${one}.upload`), "bytes alone");
  writeFileSync(join(bench.directory, `${two}.upload.json`), "{}");
  writeFileSync(join(bench.directory, `${three}.upload.json`), "no JSON");
  writeFileSync(join(bench.directory, `${three}.upload`), "");
  writeFileSync(join(bench.directory, `.${three}.upload.json.new`), "half");
  mkdirSync(join(bench.directory, "not-ours"));
  await bench.restart();
  expect(bench.names()).toEqual([`${id}.upload`, `${id}.upload.json`, "not-ours"]);
  bench.nowMs += 60_000;
  await bench.restart();
  expect(bench.names()).toEqual(["not-ours"]);
});

test("an upload expires while the daemon runs, and is then unknown", async () => {
  await using bench = await Bench.open({ uploadAgeMaxMs: 40 });
  const { id } = await bench.uploads.begin("host", unknownLength);
  bench.nowMs += 39;
  expect(await bench.uploads.find("host", id)).toMatchObject({ secondsLeft: 0 });
  bench.nowMs += 1;
  expect((await refusal(bench.uploads.find("host", id))).kind).toBe("unknown-upload");
  await until(() => bench.names().length === 0, "it is swept");
});

test("another owner's upload is unknown to every call", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", unknownLength);
  const calls = [
    bench.uploads.find("edge", id),
    bench.uploads.remove("edge", id),
    bench.uploads.take("edge", id, { name: "rootfs" }),
  ];
  for (const call of calls) expect((await refusal(call)).kind).toBe("unknown-upload");
  expect(await bench.send(id, contents, { offset: 0, owner: "edge" })).toEqual({ kind: "unknown-upload" });
  for (const wrong of ["", "..", "0".repeat(32), `${id}.upload`, `../${id}`]) {
    expect((await refusal(bench.uploads.find("host", wrong))).kind).toBe("unknown-upload");
  }
});

test("begin finds the same upload again, and one of another owner never", async () => {
  await using bench = await Bench.open();
  const same = { length: contents.byteLength, sha256: sha256(contents) };
  const first = await bench.uploads.begin("host", same);
  await bench.send(first.id, contents.subarray(0, 500), { offset: 0 });
  expect(await bench.uploads.begin("host", same)).toMatchObject({ id: first.id, offset: 500 });
  expect((await bench.uploads.begin("edge", same)).id).not.toBe(first.id);
  expect((await bench.uploads.begin("host", { ...same, length: 1 })).id).not.toBe(first.id);
});

test("begin refuses one too many of an owner, and no other's", async () => {
  await using bench = await Bench.open({ uploadsMax: 2 });
  const begun = await Promise.allSettled([1, 2, 3].map(() => bench.uploads.begin("host", unknownLength)));
  expect(begun.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "fulfilled", "rejected"]);
  expect((await refusal(bench.uploads.begin("host", unknownLength))).problem).toEqual({
    kind: "too-many-uploads",
    uploadsMax: 2,
  });
  await bench.uploads.begin("edge", unknownLength);
  await bench.uploads.removeAllOf("host");
  await bench.uploads.begin("host", unknownLength);
});

test("begin and append refuse more than an image may have", async () => {
  await using bench = await Bench.open({ imageBytesMax: 1000 });
  expect((await refusal(bench.uploads.begin("host", { length: 1001, sha256: undefined }))).kind).toBe("too-large");
  const { id } = await bench.uploads.begin("host", unknownLength);
  expect(await bench.send(id, contents.subarray(0, 1001), { offset: 0 })).toEqual({ kind: "too-large" });
  expect(await bench.uploads.find("host", id)).toMatchObject({ offset: 0 });
});

test("append refuses what does not fit what is known", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", { length: 100, sha256: undefined });
  const some = contents.subarray(0, 60);
  expect(await bench.send(id, some, { offset: 1 })).toEqual({ kind: "upload-offset" });
  expect(bench.errors.at(-1)?.problem).toEqual({ kind: "upload-offset", offset: 0, offsetGiven: 1 });
  expect(await bench.send(id, some, { offset: 0, last: true })).toEqual({ kind: "upload-length" });
  expect(await bench.send(id, contents.subarray(0, 101), { offset: 0 })).toEqual({ kind: "upload-length" });
  await bench.send(id, some, { offset: 0 });
  expect(await bench.send(id, some, { offset: 60 })).toEqual({ kind: "upload-length" });
  expect(await bench.send(id, undefined, { offset: 60, last: true })).toEqual({ kind: "upload-length" });
  expect((await refusal(bench.uploads.take("host", id, { name: "rootfs" }))).problem).toEqual({
    kind: "upload-incomplete",
    bytes: 60,
    length: 100,
  });
  await bench.send(id, contents.subarray(60, 100), { offset: 60, last: true });
  expect(await bench.send(id, some, { offset: 100 })).toEqual({ kind: "upload-length" });
  expect(await bench.send(id, undefined, { offset: 100, last: true })).toEqual({ kind: "upload-completed" });
});

test("append ends an upload that outgrows its length while it arrives", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", { length: 4, sha256: undefined });
  using client = openClient(bench.socket);
  client.send(bench.head(id, "Upload-Offset: 0\r\nUpload-Complete: ?0\r\nTransfer-Encoding: chunked\r\n"));
  client.send(chunk("five!"));
  await client.closed;
  expect(client.answer()).toContain('{"kind":"upload-length"}');
  await until(() => bench.names().length === 0, "it is gone");
});

test("append ends an upload whose bytes are not those of its digest", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", { length: 5, sha256: sha256("other") });
  expect(await bench.send(id, contents.subarray(0, 5), { offset: 0, last: true })).toEqual({ kind: "digest-mismatch" });
  await until(() => bench.names().length === 0, "it is gone");
});

test("a later request for the same upload takes the place of one that hangs", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", unknownLength);
  using client = openClient(bench.socket);
  client.send(bench.head(id, "Upload-Offset: 0\r\nUpload-Complete: ?1\r\nContent-Length: 1000\r\n"));
  client.send("0123456789");
  const path = join(bench.directory, `${id}.upload`);
  await until(() => readFileSync(path).byteLength === 10, "it has arrived");
  expect(await bench.uploads.find("host", id)).toMatchObject({ offset: 10 });
  await client.closed;
  expect(client.answer()).toContain('{"kind":"superseded"}');
  const rivals = await Promise.all([1, 2, 3].map(() => bench.send(id, contents.subarray(0, 90), { offset: 10 })));
  // One that was superseded when all of its bytes had arrived is not told so, but they count: its sender asks and goes on.
  expect(rivals.filter(({ offset }) => offset === 100).length).toBeLessThanOrEqual(1);
  expect(await bench.uploads.find("host", id)).toMatchObject({ offset: 100 });
  expect(readFileSync(path).byteLength).toBe(100);
});

test("append gives up a body that stalls and keeps what has arrived", async () => {
  await using bench = await Bench.open({ stallTimeoutMs: 150 });
  const { id } = await bench.uploads.begin("host", unknownLength);
  using client = openClient(bench.socket);
  client.send(bench.head(id, "Upload-Offset: 0\r\nUpload-Complete: ?1\r\nContent-Length: 1000\r\n"));
  client.send("0123456789");
  await client.closed;
  expect(client.answer()).toContain('{"kind":"stalled"}');
  expect(await bench.uploads.find("host", id)).toMatchObject({ offset: 10 });
});

test("append records within one long body, so that a daemon that dies loses little", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", unknownLength);
  using client = openClient(bench.socket);
  client.send(bench.head(id, "Upload-Offset: 0\r\nUpload-Complete: ?1\r\nContent-Length: 1000000000\r\n"));
  for (let count = 0; count < 9; count += 1) client.send(new Uint8Array(8 * mebibyte));
  const record = () => readFileSync(join(bench.directory, `${id}.upload.json`), "utf8");
  await until(() => /"offset":\d{8}/.test(record()), "it is recorded");
  expect(await bench.uploads.find("host", id)).toMatchObject({ sha256: undefined });
});
