import { expect, test } from "bun:test";
import { freeRange } from "../../source/ids/id-range.ts";

const range = (base: number) => ({ base, count: 65_536 });

test.each([
  ["nothing is taken", [], 0x8_0000],
  ["the first is taken", [range(0x8_0000)], 0x9_0000],
  ["a gap is left", [range(0x8_0000), range(0xa_0000)], 0x9_0000],
  ["one id lies in the first", [{ base: 0x8_ffff, count: 1 }], 0x9_0000],
  ["a range ends where the first begins", [{ base: 100_000, count: 0x8_0000 - 100_000 }], 0x8_0000],
  ["a range reaches one id into the first", [{ base: 100_000, count: 0x8_0001 - 100_000 }], 0x9_0000],
  ["a range covers the first three", [{ base: 0, count: 0xb_0000 }], 0xb_0000],
  ["everything but the last is taken", [{ base: 0, count: 0x6fff_0000 }], 0x6fff_0000],
] as const)("freeRange when %s", (_, taken, base) => {
  expect(freeRange(taken)).toEqual(range(base));
});

test("freeRange answers nothing when everything is taken", () => {
  expect(freeRange([{ base: 0, count: 0x7000_0000 }])).toBeUndefined();
});
