import { expect, test } from "bun:test";
import { add, count, summary } from "../report.ts";

const passing = '<testcase name="one" classname="" time="0" file="a.test.ts" line="2" assertions="1" />';
const failing =
  '<testcase name="two" classname="" time="0" file="b.test.ts" line="3"><failure message="&lt;testcase "></failure></testcase>';
const skipping =
  '<testcase name="keeps owners (needs root)" classname="unpack" time="0" file="a.test.ts"><skipped /></testcase>';

test("count counts what passed, failed and was skipped", () => {
  expect(count(passing + failing + skipping, ["a.test.ts", "b.test.ts"], 1)).toEqual({
    passed: 1,
    failed: 1,
    skipped: ["unpack > keeps owners (needs root)"],
  });
});

test("count takes a file that did not report as failed", () => {
  expect(count(passing, ["a.test.ts", "b.test.ts"], 1)).toEqual({ passed: 1, failed: 1, skipped: [] });
});

test("count takes a status that no test explains as failed", () => {
  expect(count(passing, ["a.test.ts"], 1)).toEqual({ passed: 1, failed: 1, skipped: [] });
});

test("count takes a missing report as failed, one for each file", () => {
  expect(count(undefined, ["a.test.ts", "b.test.ts"], 0)).toEqual({ passed: 0, failed: 2, skipped: [] });
});

test("count takes no tests at all as failed", () => {
  expect(count("<testsuites></testsuites>", [], 0)).toEqual({ passed: 0, failed: 1, skipped: [] });
});

test("summary names skipped tests only where there are some", () => {
  const one = { passed: 1, failed: 0, skipped: [] };
  expect(summary(one)).toBe("1 passed, 0 failed");
  expect(summary(add(one, { passed: 2, failed: 3, skipped: ["x"] }))).toBe("3 passed, 3 failed, 1 skipped");
});
