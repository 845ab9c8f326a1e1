// .ci/run with a fake npm: whatever the test run does, the last line and the status tell the truth about it.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/** What `npm test` does, and what has to come of it. */
const runs: [what: string, npm: string, lastLine: string, status: number][] = [
  ["a good run", 'echo "3 passed, 0 failed"', "3 passed, 0 failed", 0],
  ["skipped tests", 'echo "3 passed, 0 failed, 2 skipped"', "3 passed, 0 failed, 2 skipped", 0],
  ["a failed test", 'echo "3 passed, 1 failed"; exit 1', "3 passed, 1 failed", 1],
  ["a failed test with a wrong status", 'echo "3 passed, 1 failed"', "3 passed, 1 failed", 1],
  ["a wrong status without a failed test", 'echo "3 passed, 0 failed"; exit 1', "3 passed, 1 failed", 1],
  ["a run that ends in the middle", 'echo "3 passed, 0 failed"; echo "more"; kill -9 $$', "0 passed, 1 failed", 1],
  ["a run that says nothing", "exit 0", "0 passed, 1 failed", 1],
  ["a run without tests", 'echo "0 passed, 0 failed"', "0 passed, 1 failed", 1],
];

/** What a tier says that has nothing to add. */
const none = 'echo "0 passed, 0 failed"; exit 0';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ci-test-"));
  await mkdir(path.join(folder, "bin"));
  await mkdir(path.join(folder, "tree/.ci"), { recursive: true });
  await cp(path.join(root, ".ci/run"), path.join(folder, "tree/.ci/run"));
  await writeFile(path.join(folder, "tree/.ci/packages"), "# none\n");
  await program("chown", "exit 0");
  await program("setpriv", 'while [ "${1#--}" != "$1" ]; do shift; done; exec "$@"');
});

afterAll(() => rm(folder, { recursive: true }));

for (const [what, npm, lastLine, status] of runs) {
  test(`.ci/run counts ${what}`, async () => {
    expect(await run("1000", `case "$*" in *e2e:*) ${none};; esac; ${npm}`)).toEqual({ lastLine, status });
  });
}

test(".ci/run adds the tiers of devices and machines", async () => {
  const tiers = '*e2e:device*) echo "2 passed, 0 failed, 4 skipped";; *e2e:vm*) echo "1 passed, 0 failed";;';
  const npm = `case "$*" in ${tiers} *) echo "3 passed, 0 failed";; esac`;
  expect(await run("1000", npm)).toEqual({ lastLine: "6 passed, 0 failed, 4 skipped", status: 0 });
});

test(".ci/run is red when only the tier of devices fails", async () => {
  const npm = `case "$*" in *e2e:device*) exit 1;; *e2e:*) ${none};; *) echo "3 passed, 0 failed";; esac`;
  expect(await run("1000", npm)).toEqual({ lastLine: "3 passed, 1 failed", status: 1 });
});

test(".ci/run adds the pass without root when it is root", async () => {
  const unit = '*unit*) echo "2 passed, 0 failed, 4 skipped";;';
  const npm = `case "$*" in ${unit} *e2e:*) ${none};; *) echo "3 passed, 0 failed, 1 skipped";; esac`;
  expect(await run("0", npm)).toEqual({ lastLine: "5 passed, 0 failed, 5 skipped", status: 0 });
});

test(".ci/run is red when only the pass without root fails", async () => {
  const unit = '*unit*) echo "1 passed, 1 failed"; exit 1;;';
  const npm = `case "$*" in ${unit} *e2e:*) ${none};; *) echo "3 passed, 0 failed";; esac`;
  expect(await run("0", npm)).toEqual({ lastLine: "4 passed, 1 failed", status: 1 });
});

async function run(uid: string, npm: string): Promise<{ lastLine: string | undefined; status: number }> {
  await program("id", `[ "$1" = -u ] && echo ${uid} || echo tester`);
  await program("npm", npm);
  const env = { PATH: `${folder}/bin:/usr/bin:/bin`, TMPDIR: folder };
  const child = Bun.spawn([path.join(folder, "tree/.ci/run")], {
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const [output, status] = await Promise.all([child.stdout.text(), child.exited]);
  return { lastLine: output.trimEnd().split("\n").at(-1), status };
}

async function program(name: string, script: string): Promise<void> {
  await writeFile(path.join(folder, "bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
