// The fakes are shell scripts that make the mistakes a broken build makes.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { allNames } from "../../compile/names.ts";
import { smoke } from "../../compile/smoke.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "smoke-test-"));
});

afterEach(() => rm(directory, { recursive: true }));

const version = '[ "$1" = --version ] && echo "$(basename "$0") 0.1.0" && exit 0';
const ping = 'echo "Cannot connect to \\"${HOST_SERVICE_SOCKET:-/run/host-service}\\"" ; exit 3';

async function verdict(script: string): Promise<string> {
  for (const name of allNames) await writeFile(path.join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return smoke(directory, "0.1.0").then(
    () => "good",
    (error: Error) => error.message,
  );
}

test("smoke passes a program that answers by each name", async () => {
  expect(await verdict(`${version}\n${ping}`)).toBe("good");
});

test("smoke refuses plain Bun, which is what a failed build leaves", async () => {
  for (const name of allNames) await symlink(process.execPath, path.join(directory, name));
  await expect(smoke(directory, "0.1.0")).rejects.toThrow(
    `Cannot use the build: "hostctl --version" gave 0 and "${Bun.version}"`,
  );
});

test("smoke refuses a program that fails by one of its names", async () => {
  const dies = '[ "$(basename "$0")" = host-service-boot ] && exit 132';
  expect(await verdict(`${dies}\n${version}\n${ping}`)).toBe(
    'Cannot use the build: "host-service-boot --version" gave 132 and ""',
  );
});

test("smoke refuses a program that runs the preload of the working directory", async () => {
  expect(await verdict(`[ -e bunfig.toml ] && : > preloaded\n${version}\n${ping}`)).toBe(
    'Cannot use the build: it ran the preload of a "bunfig.toml" in the working directory',
  );
});

test("smoke refuses a program that reads the .env of the working directory", async () => {
  expect(await verdict(`[ -n "$HOST_SERVICE_SOCKET" ] || . ./.env\n${version}\n${ping}`)).toBe(
    'Cannot use the build: it read the ".env" of the working directory',
  );
});

test("smoke refuses a ping that would hide where its socket came from", async () => {
  expect(await verdict(`${version}\nexit 3`)).toBe(
    'Cannot use the build: "ping" without a daemon does not name its socket: ""',
  );
});
