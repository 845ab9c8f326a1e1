import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockState } from "../source/state-lock.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lock-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("lockState lets one in, and the next one when that is done", async () => {
  const first = await lockState(directory);
  await expect(lockState(directory)).rejects.toThrow("another host-service is using it");
  first.release();
  (await lockState(directory)).release();
});

test("lockState waits for one that is ending", async () => {
  const first = await lockState(directory);
  const second = lockState(directory);
  first.release();
  (await second).release();
});
