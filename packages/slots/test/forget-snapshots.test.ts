import { expect, test } from "bun:test";
import { join } from "node:path";
import type { CrashDisk } from "@host-service/disk/crash-disk";
import { enumerateCrashes } from "@host-service/disk/crash-disk";
import { forgetAllSnapshots } from "../source/forget-snapshots.ts";
import { placeOf } from "../source/place.ts";
import { lookIntoSlots } from "../source/slot.ts";
import { readSnapshots, takeSnapshots, trialOf } from "../source/snapshots.ts";
import { begin, edgeOn, root } from "./kit/beginnings.ts";

const stateDirectory = join(root, "state");
const directory = join(stateDirectory, "containers/edge");

/** A trial whose volumes were kept; `of` is the slot that the set is for. */
async function trial(of: "a" | "b"): Promise<CrashDisk> {
  const disk = await begin("trying");
  const manifest = (await lookIntoSlots(disk, placeOf(directory))).inSlot(of);
  if (manifest === undefined) throw new Error("the slot is empty");
  const copy = async () => {};
  await takeSnapshots({ disk, directory }, { trial: trialOf(manifest), volumes: ["data"], now: new Date(0), copy });
  disk.settle();
  return disk;
}

const isKept = async (disk: CrashDisk) => (await readSnapshots({ disk, directory })) !== undefined;

test("commit: the volumes of before the trial are kept no longer, and nothing of them is left", async () => {
  const disk = await trial("b");
  expect(await isKept(disk)).toBe(true);
  await edgeOn(disk).slots("boot-2").commit();
  expect(await isKept(disk)).toBe(false);
  expect(await disk.list(join(directory, "snapshots"))).toEqual([]);
});

test("commit: what another trial kept stays, as it has still to be put back", async () => {
  const disk = await trial("a");
  await edgeOn(disk).slots("boot-2").commit();
  expect(await isKept(disk)).toBe(true);
});

test("commit with a set that makes no sense is a commit all the same", async () => {
  const disk = await trial("b");
  const note = join(directory, "snapshots/kept/snapshot.json");
  await disk.unlink(note);
  expect((await edgeOn(disk).slots("boot-2").commit()).state).toBe("normal");
  expect(await isKept(disk)).toBe(false);
  expect((await disk.list(join(directory, "snapshots"))).map((name) => name.split("-")[0])).toEqual(["unreadable"]);
});

test("forgetAllSnapshots: after a cut at any instant of a commit, what was committed never comes back, and what was not does", async () => {
  const seed = 20_261_125;
  let [committed, open] = [0, 0];
  await enumerateCrashes(
    async (disk) => void (await edgeOn(disk).slots("boot-2").commit()),
    { seed, from: await trial("b") },
    async (survivor) => {
      const { state } = await edgeOn(survivor).slots("boot-2").status();
      await forgetAllSnapshots({ disk: survivor, stateDirectory });
      expect([state, await isKept(survivor)]).toEqual([state, state === "trying"]);
      if (state === "trying") open += 1;
      else committed += 1;
    },
  );
  expect(committed).toBeGreaterThan(3);
  expect(open).toBeGreaterThan(3);
});
