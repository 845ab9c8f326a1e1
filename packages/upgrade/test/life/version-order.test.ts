import { expect, test } from "bun:test";
import fc from "fast-check";
import { compareVersions, raisedFloor } from "../../source/life/version-order.ts";

/** Each is before the next one (the examples of UAPI.10, and names as image builders give them). */
const ascending = [
  ["~", "", "~1", "1~rc1", "1"].toSorted((a, b) => compareVersions(a, b)),
  [
    "122.1",
    "123~rc1-1",
    "123",
    "123-a",
    "123-a.1",
    "123-1",
    "123-1.1",
    "123^post1",
    "123.a-1",
    "123.1-1",
    "123a-1",
    "124-1",
  ],
  ["release-1", "release-2", "release-9", "release-10", "release-010.1", "releasf"],
  ["1.0.0~beta", "1.0.0", "1.0.1", "1.2", "1.10", "2"],
  ["A", "B", "a", "b"],
];

test("compareVersions orders as UAPI.10 says, in both directions", () => {
  for (const versions of ascending.slice(1)) {
    versions.forEach((left, i) => {
      versions.forEach((right, j) => {
        const order = Math.sign(compareVersions(left, right));
        expect(`${left} ${right} ${order}`).toBe(`${left} ${right} ${Math.sign(i - j)}`);
      });
    });
  }
});

test("compareVersions takes for equal what differs in nothing that counts", () => {
  for (const [left, right] of [
    ["1_0", "10".replace("0", "_0")],
    ["01", "1"],
    ["+1+", "1"],
    ["", ""],
  ] as const) {
    expect(compareVersions(left, right)).toBe(0);
  }
});

test("compareVersions is a total order of any texts", () => {
  const text = fc.string({ unit: fc.constantFrom(..."019aBz~-^._+ü"), maxLength: 8 });
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }
    }),
    { numRuns: 2000 },
  );
});

test("raisedFloor never goes down", () => {
  expect(raisedFloor(undefined, undefined)).toBe(undefined);
  expect(raisedFloor(undefined, "1.0")).toBe("1.0");
  expect(raisedFloor("1.0", undefined)).toBe("1.0");
  expect(raisedFloor("1.9", "1.10")).toBe("1.10");
  expect(raisedFloor("1.10", "1.9")).toBe("1.10");
});
