// What a machine may lack. A test that cannot run says why, in its name and on standard error, and is counted as skipped.
import { test } from "bun:test";

/** Why the test cannot run, or undefined. Loop devices and mounts take root. */
export function lacking(...programs: string[]): string | undefined {
  if (process.getuid?.() !== 0) return "it needs root";
  // A container may have the device files and still not be allowed to use them.
  if (Bun.which("losetup") === null || !Bun.spawnSync(["losetup", "--find"]).success) return "it needs loop devices";
  const missing = programs.filter((program) => Bun.which(program) === null);
  return missing.length === 0 ? undefined : `it needs ${missing.join(", ")}`;
}

export function testUnless(
  reason: string | undefined,
  name: string,
  story: () => Promise<void>,
  timeoutMs = 60_000,
): void {
  if (reason === undefined) {
    test(name, story, timeoutMs);
    return;
  }
  console.error(`skipped: ${name}: ${reason}`);
  test.skipIf(true)(`${name} (skipped: ${reason})`, story);
}
