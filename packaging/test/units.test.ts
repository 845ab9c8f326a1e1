// What systemd itself says about the units; `e2e/device/package.test.ts` runs them.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const units = path.resolve(import.meta.dirname, "../units");
const hasSystemd = Bun.which("systemd-analyze") !== null && (await isThere("/lib/systemd/system"));
if (!hasSystemd) console.error("skipped: units: it needs systemd-analyze, and systemd's own units");

let root: string;

/** A root with systemd's own units and ours, and something that stands for the program. */
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "units-"));
  if (!hasSystemd) return;
  const at = path.join(root, "usr/lib/systemd/system");
  await mkdir(path.join(root, "usr/bin"), { recursive: true });
  await cp("/lib/systemd/system", at, { recursive: true, verbatimSymlinks: true });
  await cp(units, at, { recursive: true });
  for (const name of ["host-service", "host-service-boot"]) {
    await writeFile(path.join(root, "usr/bin", name), "");
    await chmod(path.join(root, "usr/bin", name), 0o755);
  }
});

afterAll(() => rm(root, { recursive: true }));

function verify(...names: string[]): string {
  const words = ["verify", `--root=${root}`, "--man=no", "--recursive-errors=no", ...names];
  const child = Bun.spawnSync(["systemd-analyze", ...words], { stderr: "pipe" });
  return `${child.exitCode}\n${child.stdout.toString()}${child.stderr.toString()}`;
}

test.skipIf(!hasSystemd)("systemd-analyze has nothing to say against the units", async () => {
  const names = (await readdir(units)).map((name) => name.replace("@.", "@edge."));
  expect(names.length).toBe(5);
  expect(verify(...names)).toBe("0\n");
});

test.skipIf(!hasSystemd)("systemd-analyze finds a planted mistake", async () => {
  const file = path.join(root, "usr/lib/systemd/system/host-service-planted.service");
  await writeFile(file, "[Service]\nExecStart=/usr/bin/host-service\nWatchdogSecs=1\n");
  expect(verify("host-service-planted.service")).toContain("Unknown key 'WatchdogSecs'");
});

test.skipIf(!hasSystemd)("the daemon's exposure stays where its reasons put it", () => {
  const unit = path.join(units, "host-service.service");
  const child = Bun.spawnSync(["systemd-analyze", "security", "--offline=true", unit]);
  const score = /exposure level for host-service\.service: (\d+\.\d)/.exec(child.stdout.toString())?.[1];
  expect(Number(score)).toBeLessThanOrEqual(6.5);
  // Of a unit without any restriction systemd says 9.6.
  expect(Number(score)).toBeGreaterThan(1);
});

test("every unit that starts the program unsets what makes it something else", async () => {
  for (const name of await readdir(units)) {
    const text = await readFile(path.join(units, name), "utf8");
    if (!text.includes("ExecStart=")) continue;
    expect([name, text.includes("\nUnsetEnvironment=BUN_OPTIONS BUN_BE_BUN\n")]).toEqual([name, true]);
  }
});

function isThere(directory: string): Promise<boolean> {
  return readdir(directory).then(
    () => true,
    () => false,
  );
}
