import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { releaseProgram } from "../source/index.ts";

test("releaseProgram takes the program's own code out of memory, and the program goes on", () => {
  const before = fileBytes();
  expect(releaseProgram()).toBeGreaterThan(16 * 1024 ** 2);
  expect(fileBytes()).toBeLessThan(before - 8 * 1024 ** 2);
  expect(JSON.parse('{"still":["here"]}')).toEqual({ still: ["here"] });
});

// proc_pid_status(5)
function fileBytes(): number {
  const found = /^RssFile:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(found?.[1]) * 1024;
}
