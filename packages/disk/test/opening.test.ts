import { expect, test } from "bun:test";
import { closeSync, fstatSync, openSync, writeFileSync } from "node:fs";
import { describeOpening, duplicate, O_PATH, O_RDONLY, O_RDWR, O_WRONLY } from "@host-service/disk";
import { outcomeOf, temporaryDirectory } from "./temporary.ts";

const directory = temporaryDirectory();
writeFileSync(`${directory}/file`, "some contents");

for (const [name, flags, expected] of [
  ["O_RDONLY", O_RDONLY, { isPath: false, isReadable: true }],
  ["O_RDWR", O_RDWR, { isPath: false, isReadable: true }],
  ["O_WRONLY", O_WRONLY, { isPath: false, isReadable: false }],
  ["O_PATH", O_PATH, { isPath: true, isReadable: false }],
] as const) {
  test(`describeOpening tells ${name}`, () => {
    const fd = openSync(`${directory}/file`, flags);
    expect(describeOpening(fd)).toMatchObject(expected);
    closeSync(fd);
  });
}

test("describeOpening has no seals where there is no memory", () => {
  const fd = openSync("/proc/self/status", "r");
  expect(describeOpening(fd)).toEqual({ isPath: false, isReadable: true, seals: undefined });
  closeSync(fd);
});

test("describeOpening of what is not open is an error", () => {
  expect(outcomeOf(() => describeOpening(9999))).toEqual({ kind: "system-call", code: "EBADF" });
});

test("duplicate outlives what it was made of", () => {
  const fd = openSync(`${directory}/file`, "r");
  const { ino } = fstatSync(fd);
  const other = duplicate(fd);
  closeSync(fd);
  expect([other === fd, fstatSync(other).ino]).toEqual([false, ino]);
  closeSync(other);
});
