import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskError } from "@host-service/disk";

/** A directory that is gone when the tests of the file are over. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "disk-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What is told apart of an error by the code above; "done" when there was none. */
export function outcomeOf(act: () => unknown): unknown {
  try {
    act();
    return "done";
  } catch (error) {
    return error instanceof DiskError ? { kind: error.kind, code: error.code } : error;
  }
}

export const isRoot = process.getuid?.() === 0;

/** The reason is printed, so that a skipped test is never silent. */
export function skipUnlessRoot(what: string): boolean {
  if (!isRoot) console.log(`skipped: ${what} takes root`);
  return !isRoot;
}
