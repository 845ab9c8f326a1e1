import { expect, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { findXz } from "../../source/decode/xz-program.ts";
import { strangerId } from "../../source/decode/xz-job.ts";

const isRoot = process.geteuid?.() === 0;
const xz = findXz();
if (!isRoot) console.log("skipped: the job xz has a user and capabilities to give up only as root");
if (xz === undefined) console.log("skipped: this machine has no xz");
const entry = join(import.meta.dir, "../unpack/kit/job-entry.ts");

function startJob(path: string, environment: Record<string, string> = {}) {
  return Bun.spawn([process.execPath, entry, "job", "xz", path, "--decompress", "--stdout"], {
    stdio: ["pipe", "pipe", "pipe"],
    env: environment,
  });
}

test.skipIf(xz === undefined)(
  "runXzJob becomes xz without a right, an own user or an inherited variable",
  async () => {
    const job = startJob(xz ?? "", { XZ_DEFAULTS: "--no-such-option" });
    const status = () => readFileSync(`/proc/${job.pid}/status`, "utf8");
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, "mu").exec(status())?.[1];
    try {
      while (job.exitCode === null && !/^Name:\s*xz$/mu.test(status())) await Bun.sleep(2);
      expect(readlinkSync(`/proc/${job.pid}/exe`)).toEndWith("/xz");
      const nothing = "0000000000000000";
      const names = ["Seccomp", "NoNewPrivs", "CapEff", "CapPrm", "CapInh", "CapAmb"];
      expect(names.map(field)).toEqual(["2", "1", nothing, nothing, nothing, nothing]);
      if (isRoot) {
        const ids = Array.from({ length: 4 }, () => strangerId).join("\t");
        expect(["Uid", "Gid", "Groups"].map(field)).toEqual([ids, ids, ""]);
      }
    } finally {
      await job.stdin.end();
    }
    expect([await job.exited, await job.stderr.text()]).toEqual([1, expect.stringContaining("xz: ")]);
  },
  20_000,
);

test("runXzJob says why there is no xz to become", async () => {
  const job = startJob("/nowhere/xz");
  expect([await job.exited, JSON.parse(await job.stderr.text())]).toEqual([
    1,
    {
      kind: "failed",
      message: expect.stringMatching(
        /^Cannot decode the archive: "\/nowhere\/xz" did not start without rights \(.*ENOENT/u,
      ),
    },
  ]);
});
