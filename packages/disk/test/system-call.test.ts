import { expect, test } from "bun:test";
import { mkdtempSync, openSync, readdirSync } from "node:fs";
import { DiskError, mkdirAt, O_DIRECTORY, O_RDONLY, statusAt } from "@host-service/disk";
import { addressOf, attempt } from "../source/system-call.ts";
import { outcomeOf, temporaryDirectory } from "./temporary.ts";

const temporary = temporaryDirectory();

function freshDirectory(): { directory: string; fd: number } {
  const directory = mkdtempSync(`${temporary}/`);
  return { directory, fd: openSync(directory, O_RDONLY | O_DIRECTORY) };
}

test("addressOf refuses an empty view", () => {
  expect(() => addressOf(new Uint8Array())).toThrow("Cannot take the address of an empty view");
});

test("attempt answers with a negative errno", () => {
  expect(attempt("close", -1)).toBe(-9);
});

test("a path with a NUL in it is refused, as text and as bytes, before the kernel sees it", () => {
  const { directory, fd } = freshDirectory();
  expect(outcomeOf(() => mkdirAt(fd, "a\0b", 0o755))).toEqual({ kind: "system-call", code: "EINVAL" });
  expect(outcomeOf(() => mkdirAt(fd, Uint8Array.of(97, 0), 0o755))).toEqual({ kind: "system-call", code: "EINVAL" });
  expect(readdirSync(directory)).toEqual([]);
});

test("a path that is too long is refused, as text and as bytes", () => {
  const { fd } = freshDirectory();
  const tooLong = { kind: "system-call", code: "ENAMETOOLONG" };
  for (const path of ["a/".repeat(2048), "ä".repeat(2048), new Uint8Array(4096).fill(97)]) {
    expect(outcomeOf(() => mkdirAt(fd, path, 0o755))).toEqual(tooLong);
  }
  // The longest one that there is goes through to the kernel, which finds that its first name is missing.
  expect(outcomeOf(() => mkdirAt(fd, `${"a/".repeat(2047)}b`, 0o755))).toEqual({ kind: "missing", code: "ENOENT" });
});

test("a path that is no UTF-8 goes through unharmed", () => {
  const { directory, fd } = freshDirectory();
  const name = Buffer.from([0xff, 0xc0, 0x80, 0x20]);
  mkdirAt(fd, new Uint8Array(name), 0o755);
  expect(readdirSync(directory, { encoding: "buffer" })).toEqual([name]);
  expect(statusAt(fd, name).type).toBe("directory");
});

test("a shorter path after a longer one ends where it ends", () => {
  const { directory, fd } = freshDirectory();
  mkdirAt(fd, "long-name", 0o755);
  mkdirAt(fd, "lo", 0o755);
  expect(
    readdirSync(directory)
      .filter((name) => name.startsWith("lo"))
      .toSorted(),
  ).toEqual(["lo", "long-name"]);
});

test("DiskError says what could not be done, to what, and why", () => {
  const { fd } = freshDirectory();
  let thrown: unknown;
  try {
    mkdirAt(fd, "missing/directory", 0o755);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(DiskError);
  expect({ ...(thrown as DiskError), message: String(thrown) }).toEqual({
    name: "DiskError",
    message: 'DiskError: Cannot make the directory "missing/directory": no such file or directory (ENOENT)',
    kind: "missing",
    code: "ENOENT",
    call: "mkdirat",
    path: "missing/directory",
  });
});
