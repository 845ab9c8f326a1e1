import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { instance, sha256 } from "../kit/fixture.ts";
import type { Fixture } from "../kit/fixture.ts";
import { on, onBoth } from "../kit/on-both.ts";
import { ask, get, valueOf, Wire } from "../kit/wire.ts";

const unified = instance.images.unified.fingerprint;
const split = instance.images.split.fingerprint;
const target = (fingerprint: string) => `/1.0/images/${fingerprint}/export`;
const allow = (fixture: Fixture) => fixture.set({ config: { "security.guestapi.images": "true" } });
const notFound = (error: string) =>
  `{"type":"error","status":"","status_code":0,"operation":"","error_code":404,"error":${JSON.stringify(error)},"metadata":null}\n\n`;

onBoth("G42: off, private, unknown, by alias", async (fixture) => {
  fixture.offer("unified", { isPublic: false });
  expect((await get(fixture.path, target(unified))).body.toString("utf8")).toBe("not authorized\n");
  allow(fixture);
  const isIncus = fixture.flavour === "incus";
  const cases = [
    [unified, `Image "${unified}" not found`],
    ["deadbeef", isIncus ? 'Image "deadbeef" not found' : "Image not found"],
    ["golden", isIncus ? 'Image "golden" not found' : "Image not found"],
    [unified.slice(0, 12), `Image "${isIncus ? unified.slice(0, 12) : unified}" not found`],
  ] as const;
  for (const [asked, error] of cases) {
    const answer = await get(fixture.path, target(asked));
    expect([asked, answer.status, answer.body.toString("utf8")]).toEqual([asked, 404, notFound(error)]);
    expect(valueOf(answer, "content-type")).toBe("application/json");
  }
});

onBoth("G43: a unified image with its headers, its ranges, and HEAD", async (fixture) => {
  const image = fixture.offer("unified", { isPublic: true });
  allow(fixture);
  const path = image.files.kind === "unified" ? image.files.image.path : "";
  const contents = readFileSync(path);
  const whole = await get(fixture.path, target(unified));
  expect([whole.status, sha256(whole.body)]).toEqual([200, sha256(contents)]);
  expect(valueOf(whole, "x-incus-type")).toBe(fixture.flavour === "incus" ? "incus" : undefined);
  expect(valueOf(whole, "content-disposition")).toBe(`inline;filename=${unified}.tar.gz`);
  const head = await get(fixture.path, target(unified), "HEAD");
  expect([head.status, valueOf(head, "content-length"), valueOf(head, "accept-ranges")]).toEqual([
    200,
    "1032542",
    "bytes",
  ]);
  const ranges: [string, number, number, number][] = [
    ["bytes=0-0", 206, 0, 1],
    ["bytes=5-9", 206, 5, 10],
    ["bytes=1032540-", 206, 1_032_540, 1_032_542],
    ["bytes=-7", 206, 1_032_535, 1_032_542],
    ["bytes=1032540-99999999", 206, 1_032_540, 1_032_542],
  ];
  for (const [range, status, start, end] of ranges) {
    const answer = await ask(fixture.path, `GET ${target(unified)} HTTP/1.1\r\nHost: a\r\nRange: ${range}\r\n\r\n`);
    expect([range, answer.status, valueOf(answer, "content-range")]).toEqual([
      range,
      status,
      `bytes ${start}-${end - 1}/1032542`,
    ]);
    expect(answer.body.equals(contents.subarray(start, end))).toBe(true);
  }
  const beyond = await ask(fixture.path, `GET ${target(unified)} HTTP/1.1\r\nHost: a\r\nRange: bytes=2000000-\r\n\r\n`);
  expect([beyond.status, valueOf(beyond, "content-range")]).toEqual([416, "bytes */1032542"]);
});

onBoth("G44: a prefix is enough for lxd and never for incus", async (fixture) => {
  fixture.offer("unified", { isPublic: true });
  allow(fixture);
  expect((await get(fixture.path, target(unified.slice(0, 8)))).status).toBe(fixture.flavour === "lxd" ? 200 : 404);
});

onBoth("G45: a split image has its parts in order, and its digest is over both", async (fixture) => {
  const image = fixture.offer("split", { isPublic: true });
  if (image.files.kind !== "split") throw new Error("not split");
  const parts = [readFileSync(image.files.metadata.path), readFileSync(image.files.rootfs.path)];
  allow(fixture);
  const answer = await get(fixture.path, target(split));
  const boundary = /boundary=([0-9a-f]{60})$/u.exec(valueOf(answer, "content-type") ?? "")?.[1] ?? "";
  const head = (name: string, file: string) =>
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${file}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    );
  const wanted = Buffer.concat([
    head("metadata", `meta-${split}.tar.gz`),
    parts[0] as Buffer,
    Buffer.from("\r\n"),
    head("rootfs", `${split}.squashfs`),
    parts[1] as Buffer,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  expect(answer.body.equals(wanted)).toBe(true);
  const form = await new Response(answer.body, {
    headers: { "content-type": valueOf(answer, "content-type") ?? "" },
  }).formData();
  const fileOf = async (name: string) => {
    const file = form.get(name);
    return file instanceof File ? Buffer.from(await file.arrayBuffer()) : Buffer.alloc(0);
  };
  const files = [await fileOf("metadata"), await fileOf("rootfs")];
  expect(sha256(...files)).toBe(sha256(...parts));
});

on("incus", "a client that stops reading an image costs no memory and no other client", async (fixture) => {
  const image = fixture.offer("unified", { isPublic: true });
  if (image.files.kind === "unified") writeFileSync(image.files.image.path, Buffer.alloc(64 * 1024 * 1024, "x"));
  allow(fixture);
  const before = process.memoryUsage().rss;
  const stalled = await Promise.all(Array.from({ length: 20 }, () => Wire.open(fixture.path)));
  for (const wire of stalled) {
    wire.socket.pause();
    wire.send(`GET ${target(unified)} HTTP/1.1\r\nHost: a\r\n\r\n`);
  }
  for (let round = 0; round < 50; round++) expect((await get(fixture.path, "/1.0")).status).toBe(200);
  const grownMb = Math.round((process.memoryUsage().rss - before) / 1e6);
  console.info(`20 clients that stopped reading 64 MiB each: ${grownMb} MB more resident`);
  expect(grownMb).toBeLessThan(150);
  for (const wire of stalled) wire.close();
});
