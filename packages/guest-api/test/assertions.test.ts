// Every assertion G1 … G62 is the name of a test: here, in the daemon's tests, or on a device.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const packages = join(import.meta.dir, "..", "..");
const folders = [import.meta.dir, join(packages, "host-service/test/guests"), join(packages, "../e2e/device")];

function named(): Set<string> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => readFileSync(join(folder, name), "utf8")),
  );
  const names = files.flatMap((text) =>
    Array.from(
      text.matchAll(
        /(?:test|onBoth|on|inContainer|onSystemd)(?:\.skipIf\([^)]*\))?\(\s*(?:"(?:incus|lxd)",\s*)?["`]((?:G\d+ ?)+):/gu,
      ),
      ([, name]) => name ?? "",
    ),
  );
  return new Set(names.flatMap((name) => name.split(" ")));
}

test("each assertion has a test that names it", () => {
  const found = named();
  const all = Array.from({ length: 62 }, (_, index) => `G${index + 1}`);
  expect(all.filter((name) => !found.has(name))).toEqual([]);
});
