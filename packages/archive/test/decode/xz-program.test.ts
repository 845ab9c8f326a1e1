import { afterAll, expect, test } from "bun:test";
import { existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { findXz } from "../../source/decode/xz-program.ts";

const root = mkdtempSync(`${tmpdir()}/xz-program-`);
afterAll(() => rmSync(root, { recursive: true }));

test("findXz gives an absolute path that is there, whatever PATH says", () => {
  const path = process.env["PATH"];
  process.env["PATH"] = "/nonexistent";
  try {
    const found = findXz();
    expect(found === undefined || (found.startsWith("/") && existsSync(found))).toBe(true);
  } finally {
    process.env["PATH"] = path;
  }
});

function program(path: string): void {
  writeFileSync(path, "#!/bin/sh\n", { mode: 0o755 });
}

// What stands at bin/xz, and whether that is an xz to us.
const cases: [what: string, make: (bin: string) => void, found: boolean][] = [
  ["a program", (bin) => program(`${bin}/xz`), true],
  ["a link to a program", (bin) => (program(`${bin}/xz.xz`), symlinkSync("xz.xz", `${bin}/xz`)), true],
  ["nothing", () => undefined, false],
  ["a directory", (bin) => mkdirSync(`${bin}/xz`), false],
  ["what nobody may execute", (bin) => writeFileSync(`${bin}/xz`, "", { mode: 0o644 }), false],
  ["a link to busybox", (bin) => (program(`${bin}/busybox.nosuid`), symlinkSync("busybox.nosuid", `${bin}/xz`)), false],
  ["a hard link of busybox", (bin) => (program(`${bin}/busybox`), linkSync(`${bin}/busybox`, `${bin}/xz`)), false],
  ["a link that leads nowhere", (bin) => symlinkSync("nowhere", `${bin}/xz`), false],
];

for (const [index, [what, make, isFound]] of cases.entries()) {
  test(`findXz of a directory with ${what}`, () => {
    const bin = `${root}/${index}`;
    mkdirSync(bin);
    make(bin);
    expect(findXz([`${root}/nowhere`, bin])).toBe(isFound ? `${bin}/xz` : undefined);
  });
}
