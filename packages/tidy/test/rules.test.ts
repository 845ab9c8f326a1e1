import { expect, test } from "bun:test";
import { rules } from "../source/rules.ts";
import { planted } from "./planted.ts";

test("every rule has a planted failure", () => {
  expect(planted.map(([name]) => name)).toEqual(Object.keys(rules));
});

for (const [name, broken, complaints, kept] of planted) {
  test(`${name} finds what breaks it`, () => {
    expect(rules[name]?.(new Map(Object.entries(broken)))).toEqual(complaints);
  });

  test(`${name} is quiet about what keeps it`, () => {
    expect(rules[name]?.(new Map(Object.entries(kept)))).toEqual([]);
  });
}
