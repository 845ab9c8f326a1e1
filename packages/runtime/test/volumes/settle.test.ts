// The volumes of a trial at every instant at which the power can go: whatever was done by then, who runs next finds them as they have to be.
import { expect, test } from "bun:test";
import { dirname } from "node:path";
import { replaceFile } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import { CrashDisk, enumerateCrashes, watchedDisk } from "@host-service/disk/crash-disk";
import { dropSnapshotsOf } from "@host-service/slots";
import type { SlotManifest } from "@host-service/slots";
import { settleSnapshots } from "../../source/volumes/settle.ts";

const seed = 20_261_125;
const directory = "/edge";
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const manifestOf = (letter: string): SlotManifest => ({
  format: 1,
  imageId: digest(letter),
  name: "edge",
  digests: { config: digest(letter), rootfs: digest(letter) },
  trial: { boots: 1, commit: "manual" },
  entries: 1,
  bytes: 1,
  stagedAt: `2026-11-25T12:00:0${letter.charCodeAt(0) - 97}Z`,
});
const [old, candidate, later] = [manifestOf("a"), manifestOf("b"), manifestOf("c")];

/** `cp -a` of a flat tree, then syncfs. */
function copyOn(disk: Disk) {
  return async (from: string, to: string): Promise<void> => {
    await disk.makeDirectory(to);
    for (const name of await disk.list(from)) {
      await disk.create(`${to}/${name}`, await disk.read(`${from}/${name}`));
      await disk.sync(`${to}/${name}`);
    }
    await disk.sync(to);
    await disk.sync(dirname(to));
  };
}

async function start(disk: Disk, manifest: SlotManifest, standing: "committed" | "trial"): Promise<string[]> {
  const said: string[] = [];
  await settleSnapshots({
    place: { disk, directory },
    manifest,
    standing,
    volumes: ["cache", "data"],
    now: () => new Date(0),
    say: (line) => said.push(line.replace(/ in \d+ ms/, " in N ms")),
    copy: copyOn(disk),
    bytesOf: async () => 3,
  });
  return said;
}

/** What a trial does to the volumes: changes one, and makes the other. */
async function write(disk: Disk): Promise<void> {
  await replaceFile(disk, `${directory}/volumes/data/file`, "new");
  await disk.makeDirectory(`${directory}/volumes/cache`);
  await disk.sync(`${directory}/volumes`);
}

async function beginning(): Promise<CrashDisk> {
  const disk = new CrashDisk();
  for (const path of [directory, `${directory}/volumes`, `${directory}/volumes/data`]) await disk.makeDirectory(path);
  await disk.create(`${directory}/volumes/data/file`, "old");
  disk.settle();
  return disk;
}

async function look(disk: Disk): Promise<{ volumes: Record<string, string>; snapshots: string[] }> {
  const volumes: Record<string, string> = {};
  for (const name of await disk.list(`${directory}/volumes`)) {
    const path = `${directory}/volumes/${name}/file`;
    const there = (await disk.status(path)) !== undefined;
    volumes[name] = there ? new TextDecoder().decode(await disk.read(path)) : "empty";
  }
  const has = (await disk.status(`${directory}/snapshots`)) !== undefined;
  const names = has ? await disk.list(`${directory}/snapshots`) : [];
  return { volumes, snapshots: [...new Set(names.map((name) => name.replace(/-.*/, "")))] };
}

test("settleSnapshots: a trial that is left undoes what it did, and says so", async () => {
  const disk = await beginning();
  expect(await start(disk, candidate, "trial")).toEqual([
    "Took a snapshot of cache, data (6 bytes) in N ms, before the trial starts",
  ]);
  await write(disk);
  // A restart of the container in its trial changes nothing.
  expect(await start(disk, candidate, "trial")).toEqual([]);
  expect(await look(disk)).toEqual({ volumes: { cache: "empty", data: "new" }, snapshots: ["kept"] });
  expect(await start(disk, old, "committed")).toEqual([
    "Put back the volumes of before the trial that was not committed (taken 1970-01-01T00:00:00.000Z): data, cache",
  ]);
  expect(await look(disk)).toEqual({ volumes: { data: "old" }, snapshots: ["dropped"] });
  expect(await start(disk, old, "committed")).toEqual([]);
});

test("settleSnapshots: what was committed never comes back", async () => {
  const disk = await beginning();
  await start(disk, candidate, "trial");
  await write(disk);
  await dropSnapshotsOf({ disk, directory }, candidate);
  // A rollback to the previous image, asked for later.
  expect(await start(disk, old, "committed")).toEqual([]);
  expect((await look(disk)).volumes).toEqual({ cache: "empty", data: "new" });
});

test("settleSnapshots: a commit whose clean-up was cut off is settled by the next start", async () => {
  const disk = await beginning();
  await start(disk, candidate, "trial");
  await write(disk);
  expect(await start(disk, candidate, "committed")).toEqual([]);
  expect(await look(disk)).toEqual({ volumes: { cache: "empty", data: "new" }, snapshots: ["dropped"] });
});

test("settleSnapshots: another trial begins from what was before the last one", async () => {
  const disk = await beginning();
  await start(disk, candidate, "trial");
  await write(disk);
  await start(disk, later, "trial");
  await write(disk);
  await start(disk, old, "committed");
  expect((await look(disk)).volumes).toEqual({ data: "old" });
});

test("settleSnapshots: a set that makes no sense is set aside, and the container starts", async () => {
  const disk = await beginning();
  await start(disk, candidate, "trial");
  await write(disk);
  await replaceFile(disk, `${directory}/snapshots/kept/snapshot.json`, "{");
  const said = await start(disk, old, "committed");
  expect(said.join()).toMatch(/^Cannot read "\/edge\/snapshots\/kept\/snapshot.json": .*the volumes stay as they are/);
  expect(await look(disk)).toEqual({ volumes: { cache: "empty", data: "new" }, snapshots: ["unreadable"] });
});

test("settleSnapshots: a trial whose volumes cannot be copied does not start, and nothing of the copy is left", async () => {
  const disk = await beginning();
  const full = new Error("no space left");
  const settling = settleSnapshots({
    place: { disk, directory },
    manifest: candidate,
    standing: "trial",
    volumes: ["data"],
    now: () => new Date(0),
    say: () => {},
    copy: async (from, to) => {
      await copyOn(disk)(from, to);
      throw full;
    },
  });
  expect(
    await settling.then(
      () => undefined,
      (error: unknown) => error,
    ),
  ).toBe(full);
  expect(await look(disk)).toEqual({ volumes: { data: "old" }, snapshots: [] });
});

async function enumerate(run: (disk: Disk) => Promise<void>, plant: (disk: Disk) => Disk = (disk) => disk) {
  return await enumerateCrashes(
    async (disk) => run(plant(disk)),
    { seed, from: await beginning(), mixedReadings: 6 },
    async (survivor) => {
      // The next boot: nobody committed, so the fallback runs. Its own start may be cut as well.
      const { survivors } = await enumerateCrashes(
        async (disk) => void (await start(disk, old, "committed")),
        { seed, from: survivor, mixedReadings: 1 },
        async (again) => {
          await start(again, old, "committed");
          const { volumes, snapshots } = await look(again);
          expect(volumes).toEqual({ data: "old" });
          expect(snapshots).not.toContain("kept");
        },
      );
      expect(survivors).toBeGreaterThan(0);
    },
  );
}

async function trial(disk: Disk): Promise<void> {
  await start(disk, candidate, "trial");
  await write(disk);
}

test("a cut at every instant of a trial's start, and of putting back after it", async () => {
  const { crashes, survivors } = await enumerate(trial);
  console.info(`cuts: ${crashes}, disks looked at: ${survivors}`);
  expect(crashes).toBeGreaterThan(15);
}, 60_000);

for (const [name, isSkipped] of Object.entries({
  "the copy is not durable before the set counts": (operation: string, path: string) =>
    operation === "sync" && path.includes("/taking/data"),
  "the set is not durable before the trial starts": (operation: string, path: string) =>
    operation === "sync" && path.endsWith("/snapshots"),
})) {
  test(`the enumeration finds a planted mistake: ${name}`, async () => {
    const plant = (disk: Disk) =>
      watchedDisk(disk, (operation, path) => (isSkipped(operation, path) ? "skip" : undefined));
    expect(
      await enumerate(trial, plant).then(
        () => "nothing",
        () => "found",
      ),
    ).toBe("found");
  }, 60_000);
}
