// What a machine may lack. A test that cannot run says why, in its name and on standard error, and is counted as skipped.
import { test } from "bun:test";

export const isRoot = process.getuid?.() === 0;

export function needsRoot(): string | undefined {
  return isRoot ? undefined : "it needs root";
}

export function needsTools(...names: string[]): string | undefined {
  const missing = names.filter((name) => Bun.which(name) === null);
  return missing.length === 0 ? undefined : `it needs ${missing.join(", ")}`;
}

/** A container may have the device files and still not be allowed to use them. */
export function needsLoopDevices(): string | undefined {
  const hasThem = isRoot && Bun.which("losetup") !== null && Bun.spawnSync(["losetup", "--find"]).success;
  return hasThem ? undefined : "it needs root and loop devices";
}

/** Runs the test unless one of the reasons says why not. */
export function testUnless(reasons: readonly (string | undefined)[], name: string, story: () => Promise<void>): void {
  const reason = reasons.find((why) => why !== undefined);
  if (reason === undefined) {
    test(name, story);
    return;
  }
  console.error(`skipped: ${name}: ${reason}`);
  test.skipIf(true)(`${name} (skipped: ${reason})`, story);
}
