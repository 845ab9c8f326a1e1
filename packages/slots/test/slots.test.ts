import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lockFile, realDisk } from "@host-service/disk";
import { watchedDisk } from "@host-service/disk/crash-disk";
import { listContainers, sweepRemoved } from "../source/container.ts";
import { SlotsError } from "../source/error.ts";
import { containerDirectory } from "../source/place.ts";
import { device, fill, imageOf, picture, withDevice } from "./kit/device.ts";
import type { Device } from "./kit/device.ts";
import { noSpace } from "./kit/faults.ts";

/** What is thrown, as "kind: message". */
async function failure(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    if (error instanceof SlotsError) return `${error.kind}: ${error.message}`;
    throw error;
  }
  return "nothing was thrown";
}

async function committed(edge: Device): Promise<void> {
  await edge.seed("1.0.0");
  await edge.hook("boot-1");
}

test("status tells what runs, what the next boot runs, and why", async () => {
  await withDevice(async (edge) => {
    await committed(edge);
    const summary = { entries: 1, bytes: 5, stagedAt: "2026-01-02T03:04:05.000Z", bootable: true };
    const old = { slot: "a", imageId: imageOf("1.0.0").imageId, version: "1.0.0", ...summary };
    const young = { slot: "b", imageId: imageOf("1.1.0").imageId, version: "1.1.0", ...summary };
    const outcome = {
      result: "committed",
      imageId: old.imageId,
      version: "1.0.0",
      why: "seeded with the host's image",
      at: "2026-01-02T03:04:05.000Z",
    };
    const edgeOf = { name: "edge", empty: false, resolved: true, outcome };
    const answer: unknown = await edge.install("boot-1", "1.1.0");
    expect(answer).toEqual({
      ...edgeOf,
      state: "pending",
      running: old,
      nextBoot: young,
      other: young,
      why: "version 1.1.0 is installed and is tried at the next boot",
    });
    expect(await edge.slots("boot-1").status()).toEqual(answer as never);
    await edge.hook("boot-2");
    const trying: unknown = await edge.slots("boot-2").status();
    expect(trying).toEqual({
      ...edgeOf,
      state: "trying",
      running: young,
      nextBoot: old,
      other: old,
      bootsLeft: 0,
      why: "version 1.1.0 is on trial; a reboot without a commit goes back to version 1.0.0",
    });
    const unresolved: unknown = await edge.slots("boot-3").status();
    expect(unresolved).toEqual({
      ...edgeOf,
      state: "trying",
      nextBoot: old,
      other: old,
      bootsLeft: 0,
      why: "the boot hook has not run in this boot; run host-service boot",
      resolved: false,
    });
  });
});

test("every change of a container that is not there is refused with kind missing, and leaves nothing", async () => {
  await withDevice(async (edge) => {
    const slots = edge.slots("boot-1");
    expect([
      await failure(slots.status()),
      await failure(slots.commit()),
      await failure(slots.rollback()),
      await failure(slots.remove()),
    ]).toEqual([
      'missing: Cannot read the state of "edge": there is no such container; install an image first',
      ...Array(3).fill('missing: Cannot change "edge": there is no such container; install an image first'),
    ]);
    expect(await picture(edge)).toEqual(["state/"]);
  });
});

test("a record of another boot is not changed before the hook has resolved it", async () => {
  await withDevice(async (edge) => {
    await edge.seed("1.0.0");
    const slots = edge.slots("boot-1");
    const text =
      'unresolved: Cannot change "edge": the boot hook has not resolved its record in this boot; run host-service boot';
    const changes = [
      () => slots.checkInstall(),
      () => slots.stage(),
      () => slots.commit(),
      () => slots.rollback(),
      () => slots.tryCandidate(async () => {}),
      () => slots.remove(),
    ];
    for (const change of changes) expect(await failure(change())).toBe(text);
    await edge.hook("boot-1");
    await slots.checkInstall();
  });
});

test("a change does not wait for the lock: kind busy, also while an image is staged", async () => {
  await withDevice(async (edge) => {
    await committed(edge);
    const slots = edge.slots("boot-1");
    const staging = await slots.stage();
    const text = 'busy: Cannot change "edge": another operation holds its record; wait until that one is done';
    expect([await failure(slots.commit()), await failure(slots.stage()), await failure(slots.remove())]).toEqual([
      text,
      text,
      text,
    ]);
    expect(staging.lockFd).toBeGreaterThan(2);
    await staging.abandon();
    expect((await slots.commit()).state).toBe("normal");
  });
});

test("a child that inherited the lock keeps it after its parent let go", async () => {
  await withDevice(async (edge) => {
    await committed(edge);
    const staging = await edge.slots("boot-1").stage();
    const child = Bun.spawn(["cat"], { stdin: "pipe", stdio: ["pipe", "ignore", "ignore", staging.lockFd], env: {} });
    await staging.abandon();
    expect(await failure(edge.slots("boot-1").commit())).toStartWith("busy:");
    await child.stdin.end();
    await child.exited;
    expect((await edge.slots("boot-1").commit()).state).toBe("normal");
  });
});

test("a first install that fails leaves no directory", async () => {
  await withDevice(async (edge) => {
    const staging = await edge.slots("boot-1").stage();
    await staging.writeFile("config.yaml", "version: 1\n");
    await staging.abandon();
    await staging.abandon();
    expect(await picture(edge)).toEqual(["state/containers/"]);
  });
});

test("a failed install over a candidate leaves normal, says that the candidate was dropped, and leaves no bytes", async () => {
  await withDevice(async (edge) => {
    await committed(edge);
    await edge.install("boot-1", "1.1.0");
    const staging = await edge.slots("boot-1").stage();
    expect(staging.warnings).toEqual(["the candidate version 1.1.0 was dropped before it was booted"]);
    await staging.abandon();
    const { state, running, other, outcome } = await edge.slots("boot-1").status();
    expect({ state, running: running?.version, other, outcome }).toEqual({
      state: "normal",
      running: "1.0.0",
      other: undefined,
      outcome: {
        result: "cancelled",
        imageId: imageOf("1.1.0").imageId,
        version: "1.1.0",
        why: "another image was installed over it",
        at: "2026-01-02T03:04:05.000Z",
      },
    });
    expect(await realDisk.list(join(edge.directory, "slots"))).toEqual(["a"]);
  });
});

test("an install that runs out of space at each of its operations leaves the old state whole", async () => {
  let failing = 0;
  for (; ; failing++) {
    const outcome = await withDevice(async (edge) => {
      await committed(edge);
      const installed = await installFailingAt(edge, failing);
      const { state, running } = await edge.slots("boot-1").status();
      const slots = (await realDisk.list(join(edge.directory, "slots"))).join("");
      return { installed, state, running: running?.version, slots: slots.length };
    });
    if (outcome.installed === "installed") break;
    expect(outcome).toEqual({ installed: "failed", state: "normal", running: "1.0.0", slots: 1 });
  }
  expect(failing).toBeGreaterThan(15);
}, 60_000);

async function installFailingAt(edge: Device, failing: number): Promise<"installed" | "failed"> {
  let count = 0;
  const disk = watchedDisk(realDisk, (operation, path) => {
    if (operation === "removeTree" || operation === "unlink") return;
    if (count++ === failing) throw noSpace(path);
  });
  try {
    const staging = await device(disk, edge.root).slots("boot-1").stage();
    try {
      await fill(disk, staging, imageOf("1.1.0"));
    } catch (error) {
      await staging.abandon();
      throw error;
    }
    return "installed";
  } catch (error) {
    expect(error).toMatchObject({ kind: "no-space" });
    return "failed";
  }
}

test("try makes the candidate what this boot runs", async () => {
  await withDevice(async (edge) => {
    await committed(edge);
    await edge.install("boot-1", "1.1.0");
    const { state, running } = await edge.slots("boot-1").tryCandidate(async () => {});
    expect({ state, version: running?.version }).toEqual({ state: "trying", version: "1.1.0" });
    expect(await realDisk.readLink(join(edge.root, "run/.current/edge"))).toBe(join(edge.directory, "slots/b"));
    const [entry] = (await edge.hook("boot-2")).containers;
    expect({ running: entry?.running?.version, why: entry?.outcome?.why }).toEqual({
      running: "1.0.0",
      why: "rebooted without commit",
    });
  });
});

test("members that this version does not know are kept when the record is rewritten", async () => {
  await withDevice(async (edge) => {
    await committed(edge);
    const path = join(edge.directory, "record.json");
    const record: object = await Bun.file(path).json();
    await writeFile(path, JSON.stringify({ ...record, colour: "blue" }));
    await edge.install("boot-1", "1.1.0");
    await edge.hook("boot-2");
    expect(await Bun.file(path).json()).toMatchObject({ colour: "blue", bootId: "boot-2", state: { name: "trying" } });
  });
});

test("seedSlot refuses where there is an image, and leaves it", async () => {
  await withDevice(async (edge) => {
    await edge.seed("1.0.0");
    const before = await picture(edge);
    expect(await failure(edge.seed("1.1.0"))).toBe(
      `refused: Cannot seed "edge": it has an image already; remove "${edge.directory}" to begin anew`,
    );
    expect(await picture(edge)).toEqual(before);
  });
});

test("listContainers names what has an image, and sweepRemoved clears what a cut removal left", async () => {
  await withDevice(async (edge) => {
    await committed(edge);
    await device(realDisk, edge.root, { name: "second" }).seed("1.0.0");
    const containers = join(edge.root, "state/containers");
    await realDisk.makeDirectory(join(containers, "cut-off"));
    await realDisk.makeDirectory(join(containers, ".removed-old"));
    const state = { disk: realDisk, stateDirectory: join(edge.root, "state") };
    expect(await listContainers(state)).toEqual(["edge", "second"]);
    expect(await sweepRemoved(state)).toBe(1);
    expect((await realDisk.list(containers)).toSorted()).toEqual([".ids.lock", "cut-off", "edge", "second"]);
  });
});

test("containerDirectory refuses names that could be paths", () => {
  const names = ["..", "", "a/b", ".hidden", "-x", "edge\n", "x".repeat(64)];
  for (const name of names) expect(() => containerDirectory("/s", name)).toThrow("Cannot use");
  for (const name of ["host", "boot"]) expect(() => containerDirectory("/s", name)).toThrow("stands for the host");
  expect(containerDirectory("/s", "edge-2")).toBe("/s/containers/edge-2");
});

test("the lock is the one that the whole system sees", async () => {
  await withDevice(async (edge) => {
    await committed(edge);
    const lock = await lockFile(join(edge.directory, "lock"), { waitMs: 0 });
    expect(await failure(edge.slots("boot-1").rollback())).toStartWith("busy:");
    lock.release();
  });
});
