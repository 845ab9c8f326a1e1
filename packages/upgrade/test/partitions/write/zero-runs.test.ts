import { expect, test } from "bun:test";
import fc from "fast-check";
import { zeroRunBytes, zeroRuns } from "../../../source/partitions/write/zero-runs.ts";

test("zeroRuns joins neighbours, and a piece with one byte set is written whole", () => {
  const block = new Uint8Array(5 * zeroRunBytes);
  block[2 * zeroRunBytes] = 1;
  block[4 * zeroRunBytes - 1] = 1;
  expect(zeroRuns(block)).toEqual([
    { from: 0, to: 2 * zeroRunBytes, isZero: true },
    { from: 2 * zeroRunBytes, to: 4 * zeroRunBytes, isZero: false },
    { from: 4 * zeroRunBytes, to: 5 * zeroRunBytes, isZero: true },
  ]);
});

test("zeroRuns takes a piece that is not whole for data, since a device cannot make a part of it zero", () => {
  expect(zeroRuns(new Uint8Array(zeroRunBytes + 512))).toEqual([
    { from: 0, to: zeroRunBytes, isZero: true },
    { from: zeroRunBytes, to: zeroRunBytes + 512, isZero: false },
  ]);
});

test("zeroRuns covers every block without gaps, in a view that begins anywhere", () => {
  const pieces = fc.array(fc.constantFrom("zero", "first", "last"), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(pieces, fc.nat(4096), (kinds, offset) => {
      const block = new Uint8Array(kinds.length * zeroRunBytes + offset).subarray(offset);
      for (const [index, kind] of kinds.entries()) {
        if (kind === "first") block[index * zeroRunBytes] = 1;
        if (kind === "last") block[(index + 1) * zeroRunBytes - 1] = 1;
      }
      const told = zeroRuns(block).flatMap(({ from, to, isZero }) =>
        Array.from(
          { length: (to - from) / zeroRunBytes },
          (_, index) => [from / zeroRunBytes + index, isZero] as const,
        ),
      );
      expect(told).toEqual(kinds.map((kind, index) => [index, kind === "zero"] as const));
    }),
  );
});
