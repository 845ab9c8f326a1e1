import { expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { withFile } from "./samples.ts";

const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.log("skipped: the decode job has a root directory and capabilities to give up only as root");

test("runDecodeJob has given up system calls, and as root its root and capabilities, before it reads", async () => {
  await withFile(new Uint8Array(), async (_fd, directory) => {
    const empty = join(directory, "empty");
    mkdirSync(empty);
    const root = openSync(empty, "r");
    // Its input stays open and silent, so that it waits in its first read.
    const job = Bun.spawn([process.execPath, join(import.meta.dir, "decode-job.ts"), "job", "decode", "tar.xz"], {
      stdio: ["pipe", "pipe", "pipe", root],
      env: {},
    });
    closeSync(root);
    const status = () => readFileSync(`/proc/${job.pid}/status`, "utf8");
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, "mu").exec(status())?.[1];
    try {
      while (job.exitCode === null && field("Seccomp") !== "2") await Bun.sleep(2);
      expect([field("Seccomp"), field("NoNewPrivs"), field("CapEff"), field("CapPrm")]).toEqual([
        "2",
        "1",
        "0000000000000000",
        "0000000000000000",
      ]);
      if (isRoot) expect(readlinkSync(`/proc/${job.pid}/root`)).toBe(empty);
    } finally {
      await job.stdin.end();
    }
    expect(await job.exited).toBe(1);
  });
}, 20_000);
