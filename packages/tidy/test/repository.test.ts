import { expect, test } from "bun:test";
import path from "node:path";
import { readTree, rules } from "../source/index.ts";

const tree = await readTree(path.resolve(import.meta.dirname, "../../.."));

test("readTree finds the repository", () => {
  const expected = [
    "setup.mjs",
    "package.json",
    "bun.lock",
    "packages/tidy/source/rules.ts",
    ".github/workflows/ci.yml",
  ];
  expect(expected.filter((file) => !tree.has(file))).toEqual([]);
  expect([...tree.keys()].filter((file) => file.includes("node_modules"))).toEqual([]);
});

for (const [name, rule] of Object.entries(rules)) {
  test(`the repository keeps ${name}`, () => {
    expect(rule(tree)).toEqual([]);
  });
}
