import { expect, test } from "bun:test";
import { duration, minute, shortId, size, version } from "../../source/output/words.ts";

test("size has one digit after the point and the unit that fits", () => {
  expect([0, 999, 1000, 999_949, 999_950, 501_000_000, 2_147_483_648, 5e12, 5e15].map(size)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "999.9 kB",
    "1.0 MB",
    "501.0 MB",
    "2.1 GB",
    "5.0 TB",
    "5000.0 TB",
  ]);
});

test("duration is in seconds below a minute", () => {
  expect([0, 49, 59_900, 60_000, 125_400].map(duration)).toEqual([
    "0.0 s",
    "0.0 s",
    "59.9 s",
    "1 min 0 s",
    "2 min 5 s",
  ]);
});

test("minute reads RFC 3339 in UTC and shows the rest as it came", () => {
  const times = ["2026-11-21T23:50:12.345Z", "2026-11-21T23:50:12Z", "yesterday\u001b[1m", undefined];
  expect(times.map(minute)).toEqual(["2026-11-21 23:50 UTC", "2026-11-21 23:50 UTC", "yesterday", ""]);
});

test("shortId and version of what is absent", () => {
  expect([shortId(`sha256:${"0123456789abcdef".repeat(4)}`), shortId(undefined)]).toEqual(["0123456789ab", ""]);
  expect([version("1.0"), version(undefined)]).toEqual(["1.0", "-"]);
});
