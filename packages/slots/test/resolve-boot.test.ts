import { expect, test } from "bun:test";
import { rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lockFile, realDisk } from "@host-service/disk";
import { watchedDisk } from "@host-service/disk/crash-disk";
import type { ContainerBoot } from "../source/boot-report.ts";
import { device, imageOf, picture, withDevice } from "./kit/device.ts";
import type { Device } from "./kit/device.ts";
import { noSpace } from "./kit/faults.ts";

const record = (edge: Device) => join(edge.directory, "record.json");
const current = (edge: Device) => realDisk.readLink(join(edge.root, "run/.current/edge"));

/** Version 1.0.0 committed in a, 1.1.0 waiting in b. */
async function pending(edge: Device, boots = 1): Promise<void> {
  await edge.seed("1.0.0");
  await edge.hook("boot-1");
  await edge.install("boot-1", "1.1.0", boots);
}

/** The parts of a report that a test is about. */
function brief({ did, state, running, outcome, problem, failed }: ContainerBoot): string[] {
  return [
    `${did}: ${state}, running ${running === undefined ? "nothing" : (running.version ?? running.imageId)}`,
    ...(outcome === undefined ? [] : [`${outcome.result} ${outcome.version}: ${outcome.why}`]),
    ...(problem === undefined ? [] : [`problem: ${problem}`]),
    ...(failed ? ["failed"] : []),
  ];
}

async function hook(edge: Device, bootId: string, options?: { lockWaitMs?: number }): Promise<string[]> {
  const report = await edge.hook(bootId, options);
  expect(report.ok).toBe(report.containers.every(({ failed }) => !failed));
  return report.containers.flatMap(brief);
}

test("the hook, twice in one boot, writes nothing the second time", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    await edge.hook("boot-2");
    const operations: string[] = [];
    const watched = device(
      watchedDisk(realDisk, (operation) => void operations.push(operation)),
      edge.root,
    );
    expect(await hook(watched, "boot-2")).toEqual(["unchanged: trying, running 1.1.0"]);
    expect(operations).toEqual([]);
  });
});

test("the hook makes a missing .current again, and only that", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    await edge.hook("boot-2");
    await rm(join(edge.root, "run"), { recursive: true });
    const before = await Bun.file(record(edge)).text();
    expect(await hook(edge, "boot-2")).toEqual(["unchanged: trying, running 1.1.0"]);
    expect(await current(edge)).toBe(join(edge.directory, "slots/b"));
    expect(await Bun.file(record(edge)).text()).toBe(before);
  });
});

test("a candidate that is not whole is not booted", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    await unlink(join(edge.directory, "slots/b/slot.json"));
    expect(await hook(edge, "boot-2")).toEqual([
      "resolved: normal, running 1.0.0",
      "failed undefined: it is not whole in slot b, so it was not booted",
    ]);
  });
});

test("a first candidate that holds another image than the record says is not booted", async () => {
  await withDevice(async (edge) => {
    await edge.install("boot-1", "1.0.0");
    await writeFile(join(edge.directory, "slots/a/slot.json"), JSON.stringify(imageOf("6.6.6")));
    expect(await hook(edge, "boot-2")).toEqual([
      "resolved: empty, running nothing",
      "failed undefined: it is not whole in slot a, so it was not booted",
    ]);
    expect(await current(edge)).toBeUndefined();
  });
});

test("a record that makes no sense is set aside, and the committed image boots", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    for (const [index, nonsense] of ["", "{", '{"format":1}', '{"format":0}', "[]", "\0".repeat(70_000)].entries()) {
      await writeFile(record(edge), nonsense);
      const [first, second, third] = await hook(edge, `boot-${index + 2}`);
      expect(first).toBe("restored: normal, running 1.0.0");
      expect(second).toEndWith(`it was kept as record.json.unreadable-${index + 1}; the last committed image boots`);
      expect(third).toStartWith("problem: Cannot read");
      expect(await Bun.file(join(edge.directory, `record.json.unreadable-${index + 1}`)).text()).toBe(nonsense);
      expect(await current(edge)).toBe(join(edge.directory, "slots/a"));
    }
  });
});

test("no more than nine unreadable records are kept", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    for (let boot = 2; boot < 14; boot++) {
      await writeFile(record(edge), `nonsense ${boot}`);
      await edge.hook(`boot-${boot}`);
    }
    const names = (await realDisk.list(edge.directory)).filter((name) => name.includes("unreadable"));
    expect(names.length).toBe(9);
    expect(await Bun.file(join(edge.directory, "record.json.unreadable-9")).text()).toBe("nonsense 13");
  });
});

test("a record that names one slot twice makes no sense", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    const text = await Bun.file(record(edge)).text();
    await writeFile(record(edge), text.replace('"slot": "b"', '"slot": "a"'));
    expect((await hook(edge, "boot-2"))[0]).toBe("restored: normal, running 1.0.0");
  });
});

test("a missing record is made anew from the committed image", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    await unlink(record(edge));
    expect(await hook(edge, "boot-2")).toEqual([
      "restored: normal, running 1.0.0",
      "failed 1.0.0: the record was missing; the last committed image boots",
      "problem: the record was missing; the last committed image boots",
    ]);
    expect((await edge.slots("boot-2").status()).state).toBe("normal");
  });
});

test("an unreadable record with no committed image leaves an empty one that says so", async () => {
  await withDevice(async (edge) => {
    await edge.install("boot-1", "1.0.0");
    await writeFile(record(edge), "{");
    const [first, second] = await hook(edge, "boot-2");
    expect(first).toBe("restored: empty, running nothing");
    expect(second).toEndWith("there is no committed image to boot");
    expect((await edge.install("boot-2", "1.1.0")).state).toBe("pending");
  });
});

test("a record of a later format is left alone, the committed image boots, and the daemon refuses changes", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    const later = '{"format":2,"something":"else"}';
    await writeFile(record(edge), later);
    expect(await hook(edge, "boot-2")).toEqual([
      "left-alone: normal, running 1.0.0",
      "problem: a later version of host-service wrote the record (format 2), which is left alone",
    ]);
    expect(await Bun.file(record(edge)).text()).toBe(later);
    expect(await current(edge)).toBe(join(edge.directory, "slots/a"));
    expect(await edge.slots("boot-2").status()).toMatchObject({
      state: "normal",
      running: { version: "1.0.0" },
      resolved: false,
    });
    await expect(edge.slots("boot-2").commit()).rejects.toThrow("update host-service on this host");
  });
});

test("a record that is damaged while a trial runs: a hook of the same boot leaves what runs, as a trial", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    await edge.hook("boot-2");
    await writeFile(record(edge), "{");
    const [first, second] = await hook(edge, "boot-2");
    expect(first).toBe("restored: trying, running 1.1.0");
    expect(second).toEndWith("what runs counts as a trial");
    expect(await current(edge)).toBe(join(edge.directory, "slots/b"));
    await expect(edge.slots("boot-2").stage()).rejects.toThrow("the other slot is the way back");
    expect(await hook(edge, "boot-3")).toEqual([
      "resolved: normal, running 1.0.0",
      "rolled-back 1.1.0: rebooted without commit",
    ]);
  });
});

test("a record of a later format that appears while a trial runs: a hook of the same boot leaves what runs", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    await edge.hook("boot-2");
    await writeFile(record(edge), '{"format":2}');
    expect((await hook(edge, "boot-2"))[0]).toBe("left-alone: normal, running 1.1.0");
    expect(await current(edge)).toBe(join(edge.directory, "slots/b"));
    expect((await hook(edge, "boot-3"))[0]).toBe("left-alone: normal, running 1.0.0");
  });
});

test("a committed link that lags behind the record is repaired", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    for (const damage of ["slots/b", "/etc/passwd", undefined]) {
      const link = join(edge.directory, "committed");
      await unlink(link);
      if (damage !== undefined) await realDisk.link(damage, link);
      await edge.hook("boot-1");
      expect(await realDisk.readLink(link)).toBe("slots/a");
    }
    await unlink(join(edge.directory, "committed"));
    await writeFile(join(edge.directory, "committed"), "");
    await edge.hook("boot-1");
    expect(await realDisk.readLink(join(edge.directory, "committed"))).toBe("slots/a");
  });
});

test("a lock that is held for too long: the committed image starts, the hook fails, and a later one does not begin the trial", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    const lock = await lockFile(join(edge.directory, "lock"), { waitMs: 0 });
    const before = await Bun.file(record(edge)).text();
    const [first, problem, failed] = await hook(edge, "boot-2", { lockWaitMs: 0 });
    expect([first, failed]).toEqual(["started-committed: normal, running 1.0.0", "failed"]);
    expect(problem).toContain("another process holds it");
    expect(await Bun.file(record(edge)).text()).toBe(before);
    lock.release();
    expect(await hook(edge, "boot-2")).toEqual(["resolved: pending, running 1.0.0"]);
    expect(await hook(edge, "boot-3")).toEqual(["resolved: trying, running 1.1.0"]);
  });
});

test("a trial with boots left, when the record cannot be locked: the fallback runs, so the trial is over", async () => {
  await withDevice(async (edge) => {
    await pending(edge, 3);
    expect(await hook(edge, "boot-2")).toEqual(["resolved: trying, running 1.1.0"]);
    const lock = await lockFile(join(edge.directory, "lock"), { waitMs: 0 });
    expect((await hook(edge, "boot-3", { lockWaitMs: 0 }))[0]).toBe("started-committed: normal, running 1.0.0");
    lock.release();
    expect(await hook(edge, "boot-3")).toEqual([
      "resolved: normal, running 1.0.0",
      "rolled-back 1.1.0: rebooted without commit",
    ]);
  });
});

test("a lock that is held in the boot that resolved the record is no failure", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    await edge.hook("boot-2");
    const lock = await lockFile(join(edge.directory, "lock"), { waitMs: 0 });
    expect(await hook(edge, "boot-2", { lockWaitMs: 0 })).toEqual(["unchanged: trying, running 1.1.0"]);
    lock.release();
  });
});

test("a first install that is under way is no failure, and is not swept", async () => {
  await withDevice(async (edge) => {
    const staging = await edge.slots("boot-1").stage();
    expect(await hook(edge, "boot-1", { lockWaitMs: 0 })).toEqual(["unchanged: empty, running nothing"]);
    expect(await realDisk.status(staging.rootfs)).toBeDefined();
    await staging.abandon();
  });
});

test("what a first install left when it was cut off is out of sight after the hook", async () => {
  await withDevice(async (edge) => {
    await realDisk.makeDirectory(join(edge.root, "state/containers"));
    await realDisk.makeDirectory(edge.directory);
    await realDisk.makeDirectory(join(edge.directory, "slots"));
    expect(await hook(edge, "boot-1")).toEqual(["swept: empty, running nothing"]);
    expect(await realDisk.list(join(edge.root, "state/containers"))).toEqual([".removed-edge"]);
  });
});

test("a full disk: nothing uncommitted starts, the record stays, and the hook fails", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    const full = watchedDisk(realDisk, (operation, path) => {
      if (operation === "create" && path.includes("/containers/")) throw noSpace(path);
    });
    const [first, , failed] = await hook(device(full, edge.root), "boot-2");
    expect([first, failed]).toEqual(["started-committed: normal, running 1.0.0", "failed"]);
    expect(await current(edge)).toBe(join(edge.directory, "slots/a"));
  });
});

test("one failing container does not stop the others", async () => {
  await withDevice(async (edge) => {
    await pending(edge);
    const other = device(realDisk, edge.root, { name: "other" });
    await other.seed("2.0.0");
    await rm(join(edge.directory, "lock"));
    await realDisk.makeDirectory(join(edge.directory, "lock"));
    const report = await edge.hook("boot-2");
    expect(report.containers.map(({ name, did, failed }) => ({ name, did, failed }))).toEqual([
      { name: "edge", did: "started-committed", failed: true },
      { name: "other", did: "resolved", failed: false },
    ]);
    expect(report.ok).toBe(false);
  });
});

test("a committed slot that is damaged is not started, and the hook fails", async () => {
  await withDevice(async (edge) => {
    await edge.seed("1.0.0");
    await unlink(join(edge.directory, "slots/a/slot.json"));
    expect(await hook(edge, "boot-1")).toEqual([
      `resolved: normal, running ${imageOf("1.0.0").imageId}`,
      'problem: Cannot start "edge": slot a does not hold its image any more; roll back or install another',
      "failed",
    ]);
    expect(await current(edge)).toBeUndefined();
  });
});

test("a device without containers has nothing to resolve, and nothing is made", async () => {
  await withDevice(async (edge) => {
    expect(await edge.hook("boot-1")).toEqual({ bootId: "boot-1", containers: [], ok: true });
    expect(await picture(edge)).toEqual(["state/"]);
  });
});
