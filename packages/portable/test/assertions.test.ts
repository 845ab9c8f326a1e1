// Every assertion P1 … P35 stands in the name of a test: here, in the daemon's tests, or on a device with a real systemd.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const packages = join(import.meta.dir, "..", "..");
const folders = [import.meta.dir, join(packages, "host-service/test/portable"), join(packages, "../e2e/device")];

const last = 35;
/** What cannot be tested on a machine like this one, by its number, and why. A line whose assertion has a test after all is a failure. */
const untestable: Readonly<Record<string, string>> = {};

/** A name begins with its assertions, or has them behind a semicolon: "P3, P4: which units", "detach takes …; P13: of what …". */
const naming =
  /(?:test|onBus|onPortable|onEachSystemd)(?:\.(?:skipIf|each)\((?:[^()]|\([^()]*\))*\))?\(\s*["`]([^"`]+)["`]/gu;
const told = /(?:^|; )((?:P\d+(?:, )?)+):/gu;

function assertionsIn(text: string): string[] {
  const names = Array.from(text.matchAll(naming), ([, name = ""]) => name);
  const lists = names.flatMap((name) => Array.from(name.matchAll(told), ([, list = ""]) => list));
  return lists.flatMap((list) => list.split(", "));
}

function named(): Set<string> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => readFileSync(join(folder, name), "utf8")),
  );
  return new Set(files.flatMap(assertionsIn));
}

test("each assertion has a test that names it, or a reason why there is none", () => {
  const found = named();
  const all = Array.from({ length: last }, (_, index) => `P${index + 1}`);
  expect(all.filter((name) => found.has(name) === name in untestable)).toEqual([]);
  expect([...found, ...Object.keys(untestable)].filter((name) => !all.includes(name))).toEqual([]);
});

test("only the name of a test counts, not what is said elsewhere", () => {
  const text = ['test("P1, P2: a", f)', "// P3: a note", 'expect("P4: x")', 'test.each([[1]])("a; P5: b", f)'];
  expect(assertionsIn(text.join("\n"))).toEqual(["P1", "P2", "P5"]);
});
