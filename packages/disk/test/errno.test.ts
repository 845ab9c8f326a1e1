import { expect, test } from "bun:test";
import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import { codeOf, reasonOf } from "../source/errno.ts";

// These two share a number with EWOULDBLOCK and EOPNOTSUPP on Linux.
const preferred = new Map([
  [constants.errno.EAGAIN, "EAGAIN"],
  [constants.errno.ENOTSUP, "ENOTSUP"],
]);

test("codeOf agrees with node:os wherever it names the errno", () => {
  const named = Object.entries(constants.errno).filter(([, errno]) => !codeOf(errno).startsWith("errno "));
  expect(named.length).toBeGreaterThan(45);
  expect(named.map(([, errno]) => codeOf(errno))).toEqual(named.map(([code, errno]) => preferred.get(errno) ?? code));
});

test("codeOf names every errno of a file system that node:util knows", () => {
  const known = [...getSystemErrorMap()].filter(([errno]) => errno >= -40);
  expect(known.map(([errno]) => codeOf(-errno))).toEqual(known.map(([, [code]]) => code));
});

test("reasonOf says what the code means, and a code that it does not know by itself", () => {
  expect([codeOf(2), reasonOf("ENOENT"), codeOf(4095), reasonOf("EOTHER")]).toEqual([
    "ENOENT",
    "no such file or directory (ENOENT)",
    "errno 4095",
    "EOTHER",
  ]);
});
