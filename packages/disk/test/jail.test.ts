import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { parentDeathSignal } from "@host-service/disk";
import { skipUnlessRoot, temporaryDirectory } from "./temporary.ts";

async function jailed(step: string, directory: string): Promise<unknown> {
  const child = Bun.spawn([process.execPath, `${import.meta.dir}/programs/jailed.ts`, step, directory], { env: {} });
  const [text, code] = await Promise.all([child.stdout.text(), child.exited]);
  expect(code).toBe(0);
  return JSON.parse(text);
}

const confined = { NoNewPrivs: "1", Seccomp: "2" };

test("denySystemCalls denies in every thread, and lets the other calls pass", async () => {
  const answer = await jailed("filter", temporaryDirectory());
  expect(answer).toEqual({ denied: "EPERM", started: false, allowed: "done", threads: expect.any(Array) });
  const { threads } = answer as { threads: unknown[] };
  expect(threads.length).toBeGreaterThan(1);
  for (const thread of threads) expect(thread).toMatchObject(confined);
});

test("noNewPrivileges holds for the calling thread", async () => {
  expect(await jailed("privileges", temporaryDirectory())).toMatchObject({ NoNewPrivs: "1", Seccomp: "0" });
});

// CAP_CHOWN is 0, CAP_FOWNER 3, CAP_SYS_CHROOT 18.
const kept = { ...confined, CapEff: "0000000000000009", CapBnd: "0000000000040009" };
const keptByOtherThreads = { ...kept, CapEff: "0000000000040009" };

test.skipIf(skipUnlessRoot("chroot"))(
  "a jailed process sees only its directory and has only what it kept",
  async () => {
    const directory = temporaryDirectory();
    mkdirSync(`${directory}/own`);
    const answer = await jailed("root", directory);
    expect(answer).toEqual({
      names: ["own"],
      outside: "ENOENT",
      above: ["own"],
      again: "EPERM",
      made: "done",
      main: kept,
      threads: expect.any(Array),
    });
    const { threads } = answer as { threads: unknown[] };
    expect(threads.length).toBeGreaterThan(1);
    expect(threads).toEqual([kept, ...threads.slice(1).map(() => keptByOtherThreads)]);
  },
);

test("parentDeathSignal ends a program whose parent was killed", async () => {
  const program = `${import.meta.dir}/programs/orphan.ts`;
  const parent = Bun.spawn([process.execPath, program, "parent"], { stdout: "pipe" });
  // The grandchild holds the other end: the text ends when it has ended.
  const reader = parent.stdout.getReader();
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("confined true\n");
  parent.kill("SIGKILL");
  expect((await reader.read()).done).toBe(true);
});

test("parentDeathSignal says when the parent was gone before", () => {
  expect(parentDeathSignal(0, 0x7fffffff)).toBe(false);
});
