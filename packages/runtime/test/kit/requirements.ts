// What a machine may lack. A test that cannot run says why, in its name and on standard error, and is counted as skipped.
import { test } from "bun:test";

export function testWith(
  { root = false, tools }: { root?: boolean; tools: readonly string[] },
  name: string,
  story: () => void | Promise<void>,
): void {
  const missing = tools.filter((tool) => Bun.which(tool) === null);
  const reason =
    missing.length > 0
      ? `it needs ${missing.join(", ")}`
      : root && process.getuid?.() !== 0
        ? "it needs root"
        : undefined;
  if (reason === undefined) {
    test(name, story);
    return;
  }
  console.error(`skipped: ${name}: ${reason}`);
  test.skipIf(true)(`${name} (skipped: ${reason})`, story);
}
