// What a machine may lack: a test that cannot run says why, in its name and on standard error.
import { test } from "bun:test";

export function testWith(tools: readonly string[], name: string, story: () => Promise<void>): void {
  const missing = tools.filter((tool) => Bun.which(tool) === null);
  if (missing.length === 0) {
    test(name, story);
    return;
  }
  const reason = `skipped: it needs ${missing.join(", ")}`;
  console.error(`${reason}: ${name}`);
  test.skipIf(true)(`${name} (${reason})`, story);
}
