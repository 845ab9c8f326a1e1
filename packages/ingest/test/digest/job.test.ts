import { expect, test } from "bun:test";
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { pattern, programOf, sha256, Workshop } from "../workshop.ts";

async function runDigest(fd: number, bytes: number, offset = 0) {
  const child = Bun.spawn([...programOf("job"), "job", "digest", JSON.stringify({ bytes, offset })], {
    stdio: ["ignore", "pipe", "inherit", fd],
    env: {},
  });
  const output = await child.stdout.text();
  return { status: await child.exited, last: output.trimEnd().split("\n").at(-1) };
}

for (const bytes of [1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000]) {
  test(`runDigestJob: ${bytes} bytes, wherever the offset is`, async () => {
    using workshop = new Workshop();
    const contents = pattern(bytes);
    writeFileSync(workshop.path("image"), contents);
    const fd = openSync(workshop.path("image"), "r");
    readSync(fd, new Uint8Array(1));
    expect(await runDigest(fd, bytes)).toEqual({
      status: 0,
      last: `{"type":"done","sha256":"${sha256(contents)}"}`,
    });
    closeSync(fd);
  });
}

test("runDigestJob: a file that is shorter than it should be is a failure", async () => {
  using workshop = new Workshop();
  writeFileSync(workshop.path("image"), "abc");
  const fd = openSync(workshop.path("image"), "r");
  expect(await runDigest(fd, 4)).toEqual({
    status: 1,
    last: '{"type":"failed","code":"","message":"the inbox file ended after 3 of 4 bytes"}',
  });
  closeSync(fd);
});

test("runDigestJob: a part of a file", async () => {
  using workshop = new Workshop();
  writeFileSync(workshop.path("image"), "head|middle|tail");
  const fd = openSync(workshop.path("image"), "r");
  const last = `{"type":"done","sha256":"${sha256("middle")}"}`;
  expect(await runDigest(fd, 6, 5)).toEqual({ status: 0, last });
  closeSync(fd);
});
