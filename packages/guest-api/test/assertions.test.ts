// Every assertion G1 … G62 is the name of a test, here or in the daemon's tests, or waits for something that is said here.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const waiting: Readonly<Record<string, string>> = {
  G58: "cloud-init's full run needs a container that boots (issue 5); its crawl is in clients.test.ts",
};

const packages = join(import.meta.dir, "..", "..");
const folders = [import.meta.dir, join(packages, "host-service", "test", "guests")];

function named(): Set<string> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => readFileSync(join(folder, name), "utf8")),
  );
  const names = files.flatMap((text) =>
    Array.from(
      text.matchAll(
        /(?:test|onBoth|on|inContainer)(?:\.skipIf\([^)]*\))?\(\s*(?:"(?:incus|lxd)",\s*)?["`]((?:G\d+ ?)+):/gu,
      ),
      ([, name]) => name ?? "",
    ),
  );
  return new Set(names.flatMap((name) => name.split(" ")));
}

test("each assertion has a test that names it, or a reason to wait", () => {
  const found = named();
  const all = Array.from({ length: 62 }, (_, index) => `G${index + 1}`);
  expect(all.filter((name) => !found.has(name) && waiting[name] === undefined)).toEqual([]);
  expect(Object.keys(waiting).filter((name) => found.has(name))).toEqual([]);
  for (const [name, why] of Object.entries(waiting)) console.info(`${name} waits: ${why}`);
});
