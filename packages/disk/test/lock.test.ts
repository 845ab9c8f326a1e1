import { expect, test } from "bun:test";
import { rmSync, statSync, symlinkSync } from "node:fs";
import { DiskError, lockFile } from "@host-service/disk";
import { temporaryDirectory } from "./temporary.ts";

const directory = temporaryDirectory();

const kindOf = (path: string, waitMs = 0) =>
  lockFile(path, { waitMs }).then(
    (lock) => {
      lock.release();
      return "free";
    },
    (error: unknown) => (error instanceof DiskError ? `${error.kind} ${error.code}` : error),
  );

test("lockFile holds until release, which may come twice", async () => {
  const path = `${directory}/lock`;
  const lock = await lockFile(path, { waitMs: 0 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await kindOf(path)).toBe("lock-held EAGAIN");
  expect(await kindOf(path, 30)).toBe("lock-held EAGAIN");
  lock.release();
  lock.release();
  expect(await kindOf(path)).toBe("free");
});

test("lockFile waits for the one before", async () => {
  const path = `${directory}/waiting`;
  const first = await lockFile(path, { waitMs: 0 });
  const second = lockFile(path, { waitMs: 60_000 });
  first.release();
  (await second).release();
});

test("lockFile is not fooled by a lock file that was removed under it", async () => {
  const path = `${directory}/removed`;
  const first = await lockFile(path, { waitMs: 0 });
  const second = lockFile(path, { waitMs: 60_000 });
  rmSync(path);
  const third = await lockFile(path, { waitMs: 0 });
  first.release();
  expect(await kindOf(path)).toBe("lock-held EAGAIN");
  third.release();
  (await second).release();
});

test("a child that inherits Lock.fd holds the lock after the parent let it go", async () => {
  const path = `${directory}/inherited`;
  const lock = await lockFile(path, { waitMs: 0 });
  const child = Bun.spawn(["cat"], { stdio: ["pipe", "ignore", "ignore", lock.fd] });
  lock.release();
  expect(await kindOf(path)).toBe("lock-held EAGAIN");
  await child.stdin.end();
  await child.exited;
  expect(await kindOf(path)).toBe("free");
});

test("a child that does not inherit Lock.fd holds nothing", async () => {
  const path = `${directory}/not-inherited`;
  const lock = await lockFile(path, { waitMs: 0 });
  const child = Bun.spawn(["cat"], { stdio: ["pipe", "ignore", "ignore"] });
  lock.release();
  // It may have it for an instant: the kernel lets the parent go on before it closes what is closed on exec.
  expect(await kindOf(path, 10_000)).toBe("free");
  await child.stdin.end();
  await child.exited;
});

test("lockFile follows no link and says when there is no directory", async () => {
  symlinkSync("elsewhere", `${directory}/link`);
  expect(await kindOf(`${directory}/link`)).toBe("system-call ELOOP");
  expect(await kindOf(`${directory}/nothing/lock`)).toBe("missing ENOENT");
});
