// The same on the real disk, with its names, modes and locks: the process dies before each operation, then a boot comes.
import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { lockFile, realDisk } from "@host-service/disk";
import type { Lock } from "@host-service/disk";
import { watchedDisk } from "@host-service/disk/crash-disk";
import type { TakeLock } from "../source/ledger.ts";
import { beginnings, events, leadTo } from "./kit/beginnings.ts";
import { device, withDevice } from "./kit/device.ts";
import type { Device } from "./kit/device.ts";

class Killed extends Error {}

/** Lets an event get as far as `operations`; answers whether it got to its end. A dead process holds no lock. */
async function cutOff(edge: Device, cut: { event: string; boot: string; operations: number }): Promise<boolean> {
  let count = 0;
  const locks: Lock[] = [];
  const disk = watchedDisk(realDisk, () => {
    if (count++ >= cut.operations) throw new Killed();
  });
  const takeLock: TakeLock = async (path, options) => {
    const lock = await lockFile(path, options);
    locks.push(lock);
    return lock;
  };
  try {
    await events[cut.event]?.(device(disk, edge.root, { takeLock }), cut.boot);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  } finally {
    for (const lock of locks) lock.release();
  }
  return count <= cut.operations;
}

const cases = [
  { beginning: "normal with previous", event: "install", runs: ["1.1.0", "1.2.0"] },
  { beginning: "nothing", event: "install", runs: ["nothing", "1.2.0"] },
  { beginning: "trying", event: "commit", runs: ["1.0.0", "1.1.0"] },
  { beginning: "rollback to the previous", event: "commit", runs: ["1.0.0", "1.1.0"] },
  { beginning: "pending", event: "boot", runs: ["1.1.0", "1.0.0"] },
  { beginning: "normal", event: "remove", runs: ["1.0.0", "nothing"] },
];

for (const { beginning, event, runs } of cases) {
  test(`killed before every operation of: ${event}, from: ${beginning}; the next boot runs a whole image`, async () => {
    const seen = new Set<string>();
    for (let operations = 0; ; operations++) {
      const { finished, version } = await withDevice(async (edge) => {
        await leadTo(beginning, edge);
        const boot = beginnings[beginning]?.boot ?? "";
        return { finished: await cutOff(edge, { event, boot, operations }), version: await bootNext(edge) };
      });
      seen.add(version);
      if (finished) break;
    }
    // In the order of time: none of it, then all of it.
    expect([...seen]).toEqual(runs);
  }, 60_000);
}

async function bootNext(edge: Device): Promise<string> {
  await rm(join(edge.root, "run"), { recursive: true, force: true });
  const report = await edge.hook("boot-next");
  expect(report.ok).toBe(true);
  const version = report.containers[0]?.running?.version;
  if (version === undefined) return "nothing";
  expect(await Bun.file(join(edge.root, "run/.current/edge/rootfs/version")).text()).toBe(version);
  return version;
}
