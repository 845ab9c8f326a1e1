import { expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initFinder } from "../../source/guests/init-process.ts";
import { until } from "../kit/until.ts";

const cannot = process.geteuid?.() !== 0 ? "root" : Bun.which("unshare") === null ? "unshare" : undefined;
if (cannot !== undefined) console.info(`skipped: initFinder needs ${cannot} for a container of its own`);

/** A process in a namespace of its own below one on the host, as systemd-nspawn and lxc-start are. */
function contain(): Bun.Subprocess<"pipe", "ignore", "inherit"> {
  return Bun.spawn(["unshare", "--pid", "--fork", "cat"], { stdin: "pipe", stdout: "ignore", stderr: "inherit" });
}

const childOf = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());

test.skipIf(cannot !== undefined)(
  "initFinder finds the first process in the unit's groups, or below what runs there, and no other one",
  async () => {
    const root = await mkdtemp(join(tmpdir(), "cgroup-"));
    const unit = join(root, "machine.slice", "host-service-container@edge.service");
    const find = initFinder("edge", root);
    expect(find()).toBeUndefined();
    for (const group of ["supervisor", "payload"]) await mkdir(join(unit, group), { recursive: true });
    const list = (group: string, ...pids: number[]) =>
      writeFile(join(unit, group, "cgroup.procs"), `${pids.join("\n")}\n`);
    const first = contain();
    await until("it has a child", () => childOf(first.pid) > 0);
    // Our own process is in no container.
    await list("supervisor", process.pid, first.pid);
    expect(find()).toBe(childOf(first.pid));
    void first.stdin.end();
    await first.exited;
    await list("supervisor", process.pid);
    expect(find()).toBeUndefined();
    const second = contain();
    await until("it has a child", () => childOf(second.pid) > 0);
    await list("payload", childOf(second.pid));
    expect(find()).toBe(childOf(second.pid));
    void second.stdin.end();
    await second.exited;
    expect(find()).toBeUndefined();
    await rm(root, { recursive: true });
  },
);
