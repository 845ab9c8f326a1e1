import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { findXz } from "../../source/decode/xz-program.ts";

test("findXz gives an absolute path that is there, whatever PATH says", () => {
  const path = process.env["PATH"];
  process.env["PATH"] = "/nonexistent";
  try {
    const found = findXz();
    expect(found === undefined || (found.startsWith("/") && existsSync(found))).toBe(true);
    expect(found === undefined).toBe(!["/usr/bin/xz", "/bin/xz", "/usr/local/bin/xz"].some((file) => existsSync(file)));
  } finally {
    process.env["PATH"] = path;
  }
});
