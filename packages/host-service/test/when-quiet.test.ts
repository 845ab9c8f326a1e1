import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { whenQuiet } from "../source/when-quiet.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test("whenQuiet acts once after the last touch, and again after the next", () => {
  let acted = 0;
  const touch = whenQuiet(1000, () => (acted += 1));
  const seen: number[] = [];
  for (const waitMs of [999, 999, 1000, 5000]) {
    if (seen.length < 3) touch();
    jest.advanceTimersByTime(waitMs);
    seen.push(acted);
  }
  touch();
  jest.advanceTimersByTime(1000);
  expect([...seen, acted]).toEqual([0, 0, 1, 1, 2]);
});
