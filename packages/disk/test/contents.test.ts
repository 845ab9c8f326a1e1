import { expect, test } from "bun:test";
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import {
  copyFileRange,
  fallocate,
  FALLOC_FL_KEEP_SIZE,
  freeSpace,
  ftruncate,
  pipe,
  reflink,
  seek,
  seekExtent,
  startWriting,
  statusAt,
  syncFileSystem,
} from "@host-service/disk";
import { outcomeOf, temporaryDirectory } from "./temporary.ts";

const directory = temporaryDirectory();
writeFileSync(`${directory}/from`, "some contents");
const fresh = (name: string) => openSync(`${directory}/${name}`, "w+");

test("pipe gives two ends that are closed on exec", () => {
  const { read, write } = pipe();
  writeSync(write, "through");
  closeSync(write);
  const buffer = Buffer.alloc(16);
  expect(buffer.toString("utf8", 0, readSync(read, buffer))).toBe("through");
  expect(readFileSync(`/proc/self/fdinfo/${read}`, "utf8")).toMatch(/^flags:\s+02000000$/m);
  closeSync(read);
});

test("pipe holds as much as it was asked to", () => {
  const { read, write } = pipe({ bytes: 1024 * 1024 });
  // More than 64 KiB would wait for a reader otherwise.
  expect(writeSync(write, new Uint8Array(512 * 1024))).toBe(512 * 1024);
  closeSync(read);
  closeSync(write);
});

test("startWriting leaves a file as it is, and minds nothing that cannot be written", () => {
  const fd = fresh("started");
  writeSync(fd, "contents");
  startWriting(fd);
  expect(readFileSync(`${directory}/started`, "utf8")).toBe("contents");
  closeSync(fd);
  const { read, write } = pipe();
  startWriting(write);
  closeSync(read);
  closeSync(write);
});

test("seek moves the offset, beyond 32 bits too, and answers it", () => {
  const fd = fresh("seek");
  expect(seek(fd, 2 ** 40 + 1)).toBe(2 ** 40 + 1);
  expect(seek(fd, -1, "current")).toBe(2 ** 40);
  expect(seek(fd, 0, "end")).toBe(0);
  expect(outcomeOf(() => seek(fd, -1))).toEqual({ kind: "system-call", code: "EINVAL" });
  closeSync(fd);
});

test("ftruncate and a write at an offset make a sparse file, and seekExtent finds its extents", () => {
  const fd = fresh("sparse");
  ftruncate(fd, 5 * 2 ** 30);
  writeSync(fd, Buffer.alloc(4096, 1), 0, 4096, 3 * 2 ** 30);
  expect(fstatSync(fd).size).toBe(5 * 2 ** 30);
  expect(statusAt(fd, "").allocatedBytes).toBeLessThan(2 ** 20);
  expect([seekExtent(fd, 0, "data"), seekExtent(fd, 3 * 2 ** 30, "hole")]).toEqual([3 * 2 ** 30, 3 * 2 ** 30 + 4096]);
  expect(seekExtent(fd, 4 * 2 ** 30, "data")).toBeUndefined();
  closeSync(fd);
});

test("fallocate takes space and leaves the size when it is told so", () => {
  const fd = fresh("allocated");
  fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 65536);
  expect(statusAt(fd, "")).toMatchObject({ bytes: 0, allocatedBytes: 65536 });
  expect(outcomeOf(() => fallocate(fd, 0, 0, 2 ** 60))).toMatchObject({ code: expect.stringMatching(/EFBIG|ENOSPC/) });
  closeSync(fd);
});

test("copyFileRange copies until 0 is the end, and moves no offset", () => {
  const from = openSync(`${directory}/from`, "r");
  const to = fresh("to");
  const copy = (offset: number, bytes: number) => copyFileRange(from, to, { offset, bytes });
  expect([copy(0, 4), copy(4, 2 ** 30), copy(13, 1)]).toEqual([4, 9, 0]);
  expect([seek(from, 0, "current"), seek(to, 0, "current")]).toEqual([0, 0]);
  expect(readFileSync(`${directory}/to`, "utf8")).toBe("some contents");
  closeSync(from);
  closeSync(to);
});

test("reflink shares all blocks, or says that the file system cannot", () => {
  const from = openSync(`${directory}/from`, "r");
  const to = fresh("reflink");
  expect(readFileSync(`${directory}/reflink`, "utf8")).toBe(reflink(from, to) ? "some contents" : "");
  expect(outcomeOf(() => reflink(-1, to))).toEqual({ kind: "system-call", code: "EBADF" });
  closeSync(from);
  closeSync(to);
});

test("syncFileSystem comes back, and refuses what is no descriptor", () => {
  const { read, write } = pipe();
  syncFileSystem(read);
  closeSync(read);
  closeSync(write);
  expect(outcomeOf(() => syncFileSystem(-1))).toEqual({ kind: "system-call", code: "EBADF" });
});

test("freeSpace says what is left, or that there is nothing at the path", () => {
  const { bytes, inodes } = freeSpace(directory);
  expect(bytes).toBeGreaterThan(0);
  expect(inodes).toBeGreaterThan(0);
  expect(outcomeOf(() => freeSpace(`${directory}/nothing`))).toEqual({ kind: "missing", code: "ENOENT" });
});
