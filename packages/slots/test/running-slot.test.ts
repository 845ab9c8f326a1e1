import { expect, test } from "bun:test";
import { join } from "node:path";
import { CrashError, watchedDisk } from "@host-service/disk/crash-disk";
import type { CrashDisk } from "@host-service/disk/crash-disk";
import { SlotsError } from "../source/error.ts";
import { findRunningSlot } from "../source/running-slot.ts";
import { device, freeLock } from "./kit/device.ts";
import { begin, beginnings, edgeOn, root } from "./kit/beginnings.ts";

/** What a container's unit would start, in words. */
async function found(disk: CrashDisk, bootId: string): Promise<string> {
  try {
    const { slot, manifest, standing, warning } = await findRunningSlot({
      disk,
      stateDirectory: join(root, "state"),
      runDirectory: join(root, "run"),
      name: "edge",
      bootId,
    });
    return `${slot} ${manifest.version} ${standing}${warning === undefined ? "" : ", no hook"}`;
  } catch (error) {
    if (!(error instanceof SlotsError)) throw error;
    return `${error.kind}: ${error.message}`;
  }
}

test("findRunningSlot in every state: what the hook decided; without it the committed image, and never another", async () => {
  const table: Record<string, { afterTheHook: string; withoutIt: string }> = {};
  for (const name of Object.keys(beginnings)) {
    const withHook = await begin(name);
    await withHook.removeTree(join(root, "run"));
    await edgeOn(withHook).hook("boot-next");
    const without = await begin(name);
    await without.removeTree(join(root, "run"));
    table[name] = { afterTheHook: await found(withHook, "boot-next"), withoutIt: await found(without, "boot-next") };
  }
  expect(table).toMatchInlineSnapshot(`
    {
      "a record that makes no sense": {
        "afterTheHook": "a 1.0.0 committed",
        "withoutIt": "a 1.0.0 committed, no hook",
      },
      "empty": {
        "afterTheHook": "missing: Cannot start "edge": no image is committed, and none is on trial in this boot; install an image, and reboot or hostctl container try",
        "withoutIt": "missing: Cannot start "edge": no image is committed, and none is on trial in this boot; install an image, and reboot or hostctl container try",
      },
      "no record": {
        "afterTheHook": "a 1.0.0 committed",
        "withoutIt": "a 1.0.0 committed, no hook",
      },
      "normal": {
        "afterTheHook": "a 1.0.0 committed",
        "withoutIt": "a 1.0.0 committed, no hook",
      },
      "normal with previous": {
        "afterTheHook": "b 1.1.0 committed",
        "withoutIt": "b 1.1.0 committed, no hook",
      },
      "normal with previous, the link lags": {
        "afterTheHook": "b 1.1.0 committed",
        "withoutIt": "a 1.0.0 committed, no hook",
      },
      "nothing": {
        "afterTheHook": "missing: Cannot start "edge": there is no such container; install an image, and reboot or hostctl container try",
        "withoutIt": "missing: Cannot start "edge": there is no such container; install an image, and reboot or hostctl container try",
      },
      "pending": {
        "afterTheHook": "b 1.1.0 trial",
        "withoutIt": "a 1.0.0 committed, no hook",
      },
      "pending, the first": {
        "afterTheHook": "a 1.1.0 trial",
        "withoutIt": "missing: Cannot start "edge": no image is committed, and none is on trial in this boot; install an image, and reboot or hostctl container try",
      },
      "rollback of a trial": {
        "afterTheHook": "a 1.0.0 committed",
        "withoutIt": "a 1.0.0 committed, no hook",
      },
      "rollback to the previous": {
        "afterTheHook": "a 1.0.0 committed",
        "withoutIt": "a 1.0.0 committed, no hook",
      },
      "rollback to the previous, the link lags": {
        "afterTheHook": "a 1.0.0 committed",
        "withoutIt": "b 1.1.0 committed, no hook",
      },
      "rollback, the first": {
        "afterTheHook": "missing: Cannot start "edge": no image is committed, and none is on trial in this boot; install an image, and reboot or hostctl container try",
        "withoutIt": "missing: Cannot start "edge": no image is committed, and none is on trial in this boot; install an image, and reboot or hostctl container try",
      },
      "trying": {
        "afterTheHook": "a 1.0.0 committed",
        "withoutIt": "a 1.0.0 committed, no hook",
      },
      "trying with a boot left": {
        "afterTheHook": "b 1.1.0 trial",
        "withoutIt": "a 1.0.0 committed, no hook",
      },
      "trying, the first": {
        "afterTheHook": "missing: Cannot start "edge": no image is committed, and none is on trial in this boot; install an image, and reboot or hostctl container try",
        "withoutIt": "missing: Cannot start "edge": no image is committed, and none is on trial in this boot; install an image, and reboot or hostctl container try",
      },
    }
  `);
});

test("findRunningSlot without the hook: a later hook of the boot does not exchange what runs", async () => {
  const disk = await begin("pending");
  await disk.removeTree(join(root, "run"));
  const before = await found(disk, "boot-next");
  await edgeOn(disk).hook("boot-next");
  expect((await found(disk, "boot-next")).split(" ").slice(0, 2)).toEqual(before.split(" ").slice(0, 2));
});

test("findRunningSlot: between the steps of an exchange within a boot it is the committed image", async () => {
  const disk = await begin("pending");
  const seen: string[] = [];
  const watched = watchedDisk(disk, (operation, path) => {
    if (/\.current|record\.json/.test(path)) seen.push(`${operation} ${path}`);
  });
  await device(watched, root, { takeLock: freeLock })
    .slots("boot-1")
    .tryCandidate(async () => {});
  expect(await found(disk, "boot-1")).toBe("b 1.1.0 trial");
  expect(seen.length).toBeGreaterThan(3);
  for (let cut = 1; cut < seen.length; cut += 1) {
    const half = await begin("pending");
    let left = cut;
    const failing = watchedDisk(half, (_operation, path) => {
      if (/\.current|record\.json/.test(path) && (left -= 1) < 0) throw new CrashError("the daemon died");
    });
    const trying = device(failing, root, { takeLock: freeLock })
      .slots("boot-1")
      .tryCandidate(async () => {});
    expect(
      await trying.then(
        () => "done",
        () => "died",
      ),
    ).toBe("died");
    expect(await found(half, "boot-1")).toMatch(/^(a 1\.0\.0 (committed|unknown), no hook|b 1\.1\.0 trial)$/);
  }
});

test("findRunningSlot: a slot that lost its image is not started", async () => {
  const disk = await begin("normal");
  await disk.removeTree(join(root, "run"));
  await edgeOn(disk).hook("boot-next");
  await disk.unlink(join(root, "state/containers/edge/slots/a/slot.json"));
  expect(await found(disk, "boot-next")).toBe(
    'refused: Cannot start "edge": slot a does not hold its image any more; roll back or install another',
  );
});
