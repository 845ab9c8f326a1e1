import { expect, test } from "bun:test";
import { readYaml, yamlLimits } from "../../source/config/yaml.ts";

const read = (text: string) => {
  try {
    return readYaml(text, "config.yaml");
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
};

test("readYaml follows YAML 1.2 for the words that YAML 1.1 read as booleans", () => {
  expect(read("a: yes\nb: off\nc: 12:30\nd: 0o17")).toEqual({ a: "yes", b: "off", c: "12:30", d: 15 });
});

test("readYaml finds equal keys in block and flow maps and at any depth", () => {
  expect(
    [
      "a: 1\nb: 2\n'a': 3",
      "x:\n  - a: 1\n    a: 2",
      "{a: 1, a: 2}",
      '{"a":1,"a":2}',
      "a: 1\r\na: 2\r\n",
      "__proto__: 1\n__proto__: 2",
    ].map(read),
  ).toEqual([
    'Cannot read config.yaml: the key "a" is given twice, in lines 1 and 3',
    'Cannot read config.yaml: the key "a" is given twice, in lines 2 and 3',
    'Cannot read config.yaml: the key "a" is given twice, in line 1',
    'Cannot read config.yaml: the key "a" is given twice, in line 1',
    'Cannot read config.yaml: the key "a" is given twice, in lines 1 and 2',
    'Cannot read config.yaml: the key "__proto__" is given twice, in lines 1 and 2',
  ]);
});

test("readYaml takes text that only looks like equal keys", () => {
  expect(
    [
      "a: |\n  x: 1\n  x: 2\n",
      "- a: 1\n- a: 2",
      "# a: 1\na: 2",
      `k: "\\"a\\": 1, \\"a\\": 2"`,
      "y:\n  a: 1\nz:\n  a: 1",
      "x: 'it'': s'\ny: 'it'': s'",
    ].map(read),
  ).toEqual([
    { a: "x: 1\nx: 2\n" },
    [{ a: 1 }, { a: 2 }],
    { a: 2 },
    { k: '"a": 1, "a": 2' },
    { y: { a: 1 }, z: { a: 1 } },
    { x: "it': s", y: "it': s" },
  ]);
});

test("readYaml refuses what costs more than it says, at once", () => {
  const levels = [..."bcdefghijk"].map(
    (key, index) => `${key}: &${key} [${Array(10).fill(`*${"abcdefghij"[index]}`).join(",")}]`,
  );
  const started = performance.now();
  expect(
    [
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${levels.join("\n")}`,
      `a: &a ${"x".repeat(100_000)}\nb: [${"*a,".repeat(200_000)}]`,
      "a: &a [*a]",
      "[".repeat(1_000_000),
      "- ".repeat(500_000),
      "[x,".repeat(40) + "]".repeat(40),
      `[${"1,".repeat(yamlLimits.nodesMax)}]`,
      "#".repeat(yamlLimits.bytesMax + 1),
      "a: \u0000",
    ].map(read),
  ).toEqual([
    "Cannot read config.yaml: it has too many aliases; write the values out",
    "Cannot read config.yaml: it has too many aliases (200000); write the values out",
    "Cannot read config.yaml: it is nested deeper than 32 levels",
    "Cannot read config.yaml: it is nested deeper than 32 levels",
    "Cannot read config.yaml: it is nested deeper than 32 levels",
    "Cannot read config.yaml: it is nested deeper than 32 levels",
    "Cannot read config.yaml: it has more than 100000 values",
    "Cannot read config.yaml: it is larger than 1024 KiB",
    "Cannot read config.yaml: it has a zero byte; it has to be text in UTF-8",
  ]);
  expect(performance.now() - started).toBeLessThan(5000);
});
