// What an append leaves when something goes wrong in its middle, and where the next one goes on.
import { expect, test } from "bun:test";
import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openClient } from "../receiver.ts";
import { mountSmallDisk } from "../small-disk.ts";
import { children, openBelow, pattern, refusal, sha256, until, Workshop } from "../workshop.ts";
import { Bench } from "./bench.ts";

const mebibyte = 1024 * 1024;
const contents = pattern(6 * mebibyte + 17);
const unknownLength = { length: undefined, sha256: undefined };

function fileOf(bench: Bench, id: string): string {
  return join(bench.directory, `${id}.upload`);
}

for (const bodies of ["sized", "chunked"]) {
  test(`append: ${bodies} pieces of all sizes make the whole, and take no more than it`, async () => {
    await using bench = await Bench.open();
    const { id } = await bench.uploads.begin("host", unknownLength);
    let offset = 0;
    for (const bytes of [1, 1024, 1025, 70_000, mebibyte, 2 * mebibyte + 1, contents.byteLength]) {
      const end = Math.min(contents.byteLength, offset + bytes);
      const piece = contents.subarray(offset, end);
      const body = bodies === "sized" ? piece : new Blob([piece.slice()]).stream();
      expect(await bench.send(id, body, { offset })).toMatchObject({ offset: end });
      expect(statSync(fileOf(bench, id)).size).toBe(end);
      offset = end;
    }
    const whole = await bench.send(id, undefined, { offset, last: true });
    expect(whole).toMatchObject({ offset: contents.byteLength, sha256: sha256(contents) });
    expect(statSync(fileOf(bench, id)).blocks * 512).toBeLessThan(contents.byteLength + 64 * 1024);
    expect(openBelow(bench.directory)).toEqual([]);
    await until(() => children().length === 0, "no job is left");
  });
}

for (const [framing, end] of [
  ["Transfer-Encoding: chunked", "0\r\n\r\n"],
  ["Content-Length: 0", ""],
] as const) {
  test(`append: a body with nothing in it takes nothing away (${framing})`, async () => {
    await using bench = await Bench.open();
    const { id } = await bench.uploads.begin("host", unknownLength);
    await bench.send(id, contents, { offset: 0 });
    using client = openClient(bench.socket);
    const head = `Upload-Offset: ${contents.byteLength}\r\nUpload-Complete: ?1\r\n${framing}\r\n`;
    client.send(`${bench.head(id, head)}${end}`);
    await until(() => client.answer().includes("}"), "it is answered");
    expect(client.answer()).toContain(`"sha256":"${sha256(contents)}"`);
    expect(readFileSync(fileOf(bench, id))).toEqual(Buffer.from(contents));
  });
}

test("append: what lies behind the recorded offset goes before anything is written there", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", unknownLength);
  await bench.send(id, contents.subarray(0, 1000), { offset: 0 });
  // As after a record that could not be written.
  appendFileSync(fileOf(bench, id), "never told");
  const rest = await bench.send(id, contents.subarray(1000), { offset: 1000, last: true });
  expect(rest).toMatchObject({ sha256: sha256(contents) });
});

test("append: an upload whose file has lost bytes is given up", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", unknownLength);
  await bench.send(id, contents.subarray(0, 1000), { offset: 0 });
  truncateSync(fileOf(bench, id), 999);
  expect(await bench.send(id, contents.subarray(1000), { offset: 1000 })).toEqual({ kind: "failed" });
  expect(bench.errors.at(-1)?.message).toEndWith("its file is shorter than what has arrived");
  expect((await refusal(bench.uploads.find("host", id))).kind).toBe("unknown-upload");
  await until(() => bench.names().length === 0, "it is gone");
});

test("append: of a long body that is killed midway the recorded part is whole, whatever the size says", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", unknownLength);
  await bench.send(id, contents.subarray(0, 1000), { offset: 0 });
  using client = openClient(bench.socket);
  client.send(bench.head(id, "Upload-Offset: 1000\r\nUpload-Complete: ?1\r\nContent-Length: 5000000\r\n"));
  client.send(contents.subarray(1000, 2 * mebibyte));
  await until(() => statSync(fileOf(bench, id)).size === 2 * mebibyte, "it has arrived");
  // What a daemon finds that starts after the power went: the record, and room that the runtime took.
  const record = readFileSync(`${fileOf(bench, id)}.json`);
  client[Symbol.dispose]();
  await until(() => bench.errors.length === 1, "the request has failed");
  await bench.uploads.find("host", id);
  writeFileSync(`${fileOf(bench, id)}.json`, record);
  truncateSync(fileOf(bench, id), 5_001_000);
  await bench.restart();
  expect(await bench.uploads.find("host", id)).toMatchObject({ offset: 1000 });
  const rest = await bench.send(id, contents.subarray(1000), { offset: 1000, last: true });
  expect(rest).toMatchObject({ sha256: sha256(contents) });
});

test("append: room that was reserved for a body that was cut is given back", async () => {
  await using bench = await Bench.open();
  const { id } = await bench.uploads.begin("host", unknownLength);
  const taken = () => statSync(fileOf(bench, id)).blocks * 512;
  const client = openClient(bench.socket);
  client.send(bench.head(id, `Upload-Offset: 0\r\nUpload-Complete: ?1\r\nContent-Length: ${64 * mebibyte}\r\n`));
  client.send(contents);
  await until(() => statSync(fileOf(bench, id)).size === contents.byteLength, "it has arrived");
  const reserved = taken();
  client[Symbol.dispose]();
  await until(() => bench.errors.length === 1, "the request has failed");
  expect(await bench.uploads.find("host", id)).toMatchObject({ offset: contents.byteLength });
  expect([reserved >= 64 * mebibyte, taken() < 7 * mebibyte]).toEqual([true, true]);
});

for (const before of [0, mebibyte]) {
  test(`append: a disk that fills up behind ${before} bytes keeps what is durable, and goes on when there is room`, async () => {
    using workshop = new Workshop();
    using disk = mountSmallDisk(workshop);
    if (disk === undefined) return;
    await using bench = await Bench.open({ directory: `${disk.directory}/inbox` });
    const ballast = `${disk.directory}/ballast`;
    const { id } = await bench.uploads.begin("host", unknownLength);
    if (before > 0) await bench.send(id, contents.subarray(0, before), { offset: 0 });
    writeFileSync(ballast, new Uint8Array(4 * mebibyte));
    using client = openClient(bench.socket);
    client.send(bench.head(id, `Upload-Offset: ${before}\r\nUpload-Complete: ?0\r\nTransfer-Encoding: chunked\r\n`));
    const chunk = contents.subarray(before, before + 5 * mebibyte);
    client.send(`${chunk.byteLength.toString(16)}\r\n`);
    client.send(chunk);
    await until(() => bench.errors.length === 1, "it is refused");
    expect(bench.errors[0]?.kind).toBe("no-space");
    rmSync(ballast);
    const { offset } = await bench.uploads.find("host", id);
    expect(offset).toBeGreaterThanOrEqual(before);
    const rest = await bench.send(id, contents.subarray(offset), { offset, last: true });
    expect(rest).toMatchObject({ sha256: sha256(contents) });
    await bench.uploads.remove("host", id);
    await workshop.expectNothingLeft(bench.directory);
  });
}
