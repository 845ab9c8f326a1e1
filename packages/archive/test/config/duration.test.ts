import { expect, test } from "bun:test";
import { parseDuration } from "../../source/config/duration.ts";

test("parseDuration reads units and sums, and nothing else", () => {
  const read = [
    "10m",
    "90s",
    "1h 30m",
    "1h30m",
    "2min",
    "500ms",
    "1d",
    "10",
    "m",
    "",
    "1 m",
    "-1s",
    "1.5h",
    "999999999d",
  ].map(parseDuration);
  expect(read).toEqual([
    600_000,
    90_000,
    5_400_000,
    5_400_000,
    120_000,
    500,
    86_400_000,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
