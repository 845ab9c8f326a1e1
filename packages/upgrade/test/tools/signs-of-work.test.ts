import { expect, test } from "bun:test";
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { handedFile } from "../../source/tools/handed-file.ts";
import { bytesRead, writesOf } from "../../source/tools/signs-of-work.ts";
import { inPlace, withSource } from "./kit/place.ts";

test("bytesRead follows a process through the file, by whatever name it opened it, and through none else", async () => {
  await inPlace(async (directory) => {
    const path = join(directory, "file");
    writeFileSync(path, new Uint8Array(10_000));
    writeFileSync(`${path}-of-another`, new Uint8Array(10_000));
    await withSource(path, async (source) => {
      const file = handedFile(source);
      expect(file).toEqual({ path, bytes: 10_000, device: expect.any(Number), inode: expect.any(Number) });
      const child = Bun.spawn(["sh", "-c", 'exec 4<"$1"; dd bs=1 count=4096 <&4 >&2; echo; read -r end', "sh", path], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      const other = openSync(`${path}-of-another`, "r");
      readSync(other, new Uint8Array(7));
      const reader = child.stdout.getReader();
      await reader.read();
      expect(bytesRead(child.pid, file)).toBe(4096);
      expect(bytesRead(child.pid, { ...file, inode: file.inode + 1 })).toBeUndefined();
      closeSync(other);
      await child.stdin.end();
      await child.exited;
      expect(bytesRead(child.pid, file)).toBeUndefined();
    });
  });
});

test("handedFile takes a file of the inbox alone", () => {
  for (const source of [
    { kind: "file", fd: 0, bytes: 1 },
    { kind: "handed-over", connection: 0 },
    { kind: "body", body: new ReadableStream<Uint8Array>(), bytesExpected: undefined },
  ] as const) {
    expect(() => handedFile(source)).toThrow("A tool of the host can only be handed a file of the inbox");
  }
});

test("writesOf has nothing to tell of what is no block device", () => {
  expect([writesOf("/dev/null"), writesOf("/nowhere/device")]).toEqual(["", ""]);
});
