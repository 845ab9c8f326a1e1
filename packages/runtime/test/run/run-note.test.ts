import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRunNote, writeRunNote } from "../../source/run/run-note.ts";

test("writeRunNote and readRunNote: what run started, private to root; anything else is as good as nothing", () => {
  const run = mkdtempSync(join(tmpdir(), "runtime-"));
  try {
    mkdirSync(join(run, ".current"));
    expect(readRunNote(run, "edge")).toBeUndefined();
    const note = { runtime: "lxc", restart: false, stopTimeoutMs: 5000 } as const;
    writeRunNote(run, "edge", note);
    expect(readRunNote(run, "edge")).toEqual(note);
    const path = join(run, ".current/.edge.run");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const text of ["", "{", "[]", '{"runtime":"docker","restart":true}']) {
      writeFileSync(path, text);
      expect(readRunNote(run, "edge")).toBeUndefined();
    }
  } finally {
    rmSync(run, { recursive: true });
  }
});
