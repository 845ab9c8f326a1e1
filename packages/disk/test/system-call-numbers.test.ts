import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { attempt } from "../source/system-call.ts";
import { numbersByArchitecture } from "../source/system-call-numbers.ts";

const { x64, arm64 } = numbersByArchitecture;
const headers = {
  x64: ["/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"].find(existsSync),
  arm64: ["/usr/include/asm-generic/unistd.h"].find(existsSync),
};

// The numbers of a header, by those names that the table has.
function numbersIn(header: string, names: readonly string[]): Record<string, number> {
  const lines = readFileSync(header, "latin1").matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)$/gm);
  const all = new Map([...lines].map(([, name, number]) => [name, Number(number)]));
  return Object.fromEntries(names.filter((name) => all.has(name)).map((name) => [name, all.get(name) ?? 0]));
}

for (const architecture of ["x64", "arm64"] as const) {
  const header = headers[architecture];
  if (header === undefined) console.log(`skipped: no kernel header with the numbers of ${architecture} is here`);
  test.skipIf(header === undefined)(`numbersByArchitecture.${architecture} are the kernel's`, () => {
    const table: Record<string, number> = numbersByArchitecture[architecture];
    const found = numbersIn(header ?? "", Object.keys(table));
    // A header of an older kernel may lack the newest calls.
    expect(Object.keys(found).length).toBeGreaterThan(90);
    expect(Object.fromEntries(Object.keys(found).map((name) => [name, table[name]]))).toEqual(found);
  });
}

test("numbersByArchitecture has the same names on both", () => {
  expect(Object.keys(arm64)).toEqual(Object.keys(x64));
});

test("numbersByArchitecture are those of this machine", () => {
  expect(attempt("getppid")).toBe(process.ppid);
});
