import { expect, test } from "bun:test";
import { appendFileSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packBundle } from "../../source/bundle/pack-bundle.ts";
import { readBytes, run, withDirectory } from "./bundles.ts";

const openFiles = () => readdirSync("/proc/self/fd").length;
const failure = async (work: Promise<unknown>) =>
  work.then(
    () => "no failure",
    (error: unknown) => (error instanceof Error ? error.message : error),
  );

test("packBundle gives as many bytes as it says, and readBundle finds the parts", async () => {
  await withDirectory(async (directory) => {
    writeFileSync(join(directory, "root"), "r".repeat(3_000_000));
    const { bytes, stream } = packBundle([
      { name: "config.yaml", contents: "name: é\n" },
      { name: "rootfs.tar", path: join(directory, "root") },
    ]);
    const packed = await new Response(stream).bytes();
    expect(packed.byteLength).toBe(bytes);
    const parts = [
      { role: "config", name: "config.yaml", offset: 512, bytes: 9 },
      { role: "rootfs", name: "rootfs.tar", offset: 1536, bytes: 3_000_000 },
    ];
    const bundle: unknown = await readBytes(packed);
    expect(bundle).toEqual({ parts, config: parts[0], rootfs: parts[1] });
  });
});

test("packBundle gives the same bytes each time, which tar lists without an owner or a time", async () => {
  await withDirectory(async (directory) => {
    writeFileSync(join(directory, "root"), "r");
    const once = () => new Response(packBundle([{ name: "rootfs.tar", path: join(directory, "root") }]).stream).bytes();
    const first = await once();
    run(directory, "touch", "root");
    expect(Buffer.from(await once()).equals(first)).toBe(true);
    writeFileSync(join(directory, "bundle.tar"), first);
    const listed = run(directory, "tar", "--utc", "--numeric-owner", "-tvf", "bundle.tar").replaceAll(/ +/gu, " ");
    expect(listed).toBe("-rw-r--r-- 0/0 1 1970-01-01 00:00 rootfs.tar\n");
  });
});

test("packBundle reads no further than its reader, and closes the files when that leaves", async () => {
  await withDirectory(async (directory) => {
    writeFileSync(join(directory, "root"), "");
    truncateSync(join(directory, "root"), 2 ** 31);
    const before = openFiles();
    const { bytes, stream } = packBundle([{ name: "rootfs.tar", path: join(directory, "root") }]);
    expect(bytes).toBe(2 ** 31 + 512 + 1024);
    const reader = stream.getReader();
    for (let piece = 0; piece < 5; piece++) await reader.read();
    await reader.cancel();
    expect(openFiles()).toBe(before);
  });
});

test("packBundle fails when a file becomes shorter or longer meanwhile", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "root");
    const message = "Cannot pack rootfs.tar: the file changed its size meanwhile; try again when nobody writes it";
    const before = openFiles();
    writeFileSync(path, "r".repeat(5_000_000));
    const shorter = packBundle([{ name: "rootfs.tar", path }]);
    truncateSync(path, 10);
    expect(await failure(new Response(shorter.stream).bytes())).toBe(message);
    const longer = packBundle([{ name: "rootfs.tar", path }]);
    appendFileSync(path, "more");
    expect(await failure(new Response(longer.stream).bytes())).toBe(message);
    expect(openFiles()).toBe(before);
  });
});

test("packBundle refuses what is not a regular file, without waiting", async () => {
  await withDirectory(async (directory) => {
    run(directory, "mkfifo", "fifo");
    const pathless = (path: string) => failure(Promise.try(() => packBundle([{ name: "rootfs.tar", path }])));
    const found = [
      await pathless(join(directory, "fifo")),
      await pathless(directory),
      await pathless(join(directory, "none")),
    ];
    expect(found.map((message) => String(message).replaceAll(directory, "DIR"))).toEqual([
      'Cannot read "DIR/fifo": it is not a regular file',
      'Cannot read "DIR": it is a directory',
      'Cannot read "DIR/none": there is no such file',
    ]);
  });
});
