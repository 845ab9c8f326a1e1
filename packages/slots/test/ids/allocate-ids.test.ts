import { join } from "node:path";
import { CrashDisk, enumerateCrashes } from "@host-service/disk/crash-disk";
import { expect, test } from "bun:test";
import { SlotsError } from "../../source/error.ts";
import { begin, edgeOn, root } from "../kit/beginnings.ts";
import { device, fill, freeLock, imageOf } from "../kit/device.ts";
import type { Device } from "../kit/device.ts";

const first = { base: 0x8_0000, count: 65_536 };
const second = { base: 0x9_0000, count: 65_536 };

async function emptyDisk(): Promise<CrashDisk> {
  const disk = new CrashDisk();
  for (const path of [root, join(root, "state")]) await disk.makeDirectory(path);
  disk.settle();
  return disk;
}

const named = (disk: CrashDisk, name: string): Device => device(disk, root, { takeLock: freeLock, name });

/** Stages an image and says which ids it got. */
async function install(edge: Device, version = "1.0.0") {
  const staging = await edge.slots("boot-1").stage();
  const ids = await staging.allocateIds();
  await fill(edge.disk, staging, { ...imageOf(version), ids: { ...ids } });
  return ids;
}

async function textOf(disk: CrashDisk, name: string): Promise<string> {
  return new TextDecoder().decode(await disk.read(join(root, "state/containers", name, "ids.json")));
}

test("allocateIds gives each container ids of its own, always the same, and those of a removed one to the next", async () => {
  const disk = await emptyDisk();
  expect(await install(named(disk, "one"))).toEqual(first);
  expect(await install(named(disk, "two"))).toEqual(second);
  expect(await install(named(disk, "one"), "1.1.0")).toEqual(first);
  expect(await textOf(disk, "two")).toBe('{"format":1,"base":589824,"count":65536}\n');
  await named(disk, "one").slots("boot-1").remove();
  expect(await install(named(disk, "three"))).toEqual(first);
});

test("allocateIds keeps out of the ranges of the host's users", async () => {
  const disk = await emptyDisk();
  await disk.makeDirectory(join(root, "etc"));
  await disk.create(join(root, "etc/subuid"), "alice:524288:65536\n");
  await disk.create(join(root, "etc/subgid"), "alice:589824:65536\n");
  expect(await install(named(disk, "one"))).toEqual({ base: 0xa_0000, count: 65_536 });
});

test.each(["", "{", '{"format":1,"base":"many","count":1}'])(
  "allocateIds takes the ids from the slots where ids.json is %j or gone, and writes it again",
  async (damage) => {
    const disk = await emptyDisk();
    await install(named(disk, "one"));
    await install(named(disk, "two"));
    const path = join(root, "state/containers/two/ids.json");
    await disk.unlink(path);
    if (damage !== "") await disk.create(path, damage);
    expect(await install(named(disk, "three"))).toEqual({ base: 0xa_0000, count: 65_536 });
    expect(await install(named(disk, "two"), "1.1.0")).toEqual(second);
    expect(await textOf(disk, "two")).toBe('{"format":1,"base":589824,"count":65536}\n');
  },
);

test("allocateIds leaves nothing behind where the image is refused afterwards, and what was there before is kept", async () => {
  const disk = await emptyDisk();
  const one = named(disk, "one");
  // Its images were privileged so far.
  await (await one.slots("boot-1").stage()).complete(imageOf("1.0.0"));
  const path = join(one.directory, "ids.json");
  const refuse = async () => {
    const staging = await one.slots("boot-1").stage();
    await staging.allocateIds();
    await staging.allocateIds();
    await staging.abandon();
  };
  await refuse();
  expect(await disk.status(path)).toBeUndefined();
  expect(await install(one, "1.1.0")).toEqual(first);
  await refuse();
  expect(await textOf(disk, "one")).toBe('{"format":1,"base":524288,"count":65536}\n');
});

test("allocateIds gives none where it cannot be told which another container has", async () => {
  const disk = await emptyDisk();
  const one = named(disk, "one");
  await fill(disk, await one.slots("boot-1").stage(), imageOf("1.0.0"));
  const path = join(root, "state/containers/one/ids.json");
  await disk.unlink(path);
  await disk.create(path, "{");
  const staging = await named(disk, "two").slots("boot-1").stage();
  const refusal = await staging.allocateIds().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(SlotsError);
  expect((refusal as SlotsError).kind).toBe("no-ids");
  expect((refusal as SlotsError).message).toBe(
    `Cannot give "two" ids of its own: "${path}" makes no sense; remove the container "one", or write the file anew`,
  );
});

test("the hook sweeps a first install that was cut off when it had its ids, at every instant", async () => {
  const disk = await begin("nothing");
  let swept = 0;
  await enumerateCrashes(
    async (crashing) => {
      const staging = await edgeOn(crashing).slots("boot-1").stage();
      await staging.allocateIds();
    },
    { seed: 7, from: disk },
    async (left) => {
      const edge = edgeOn(left);
      const { containers, ok } = await edge.hook("boot-2");
      expect(ok).toBe(true);
      expect(containers.map(({ did }) => did).filter((did) => did !== "swept")).toEqual([]);
      expect(await left.status(edge.directory)).toBeUndefined();
      swept += containers.length;
    },
  );
  expect(swept).toBeGreaterThan(5);
});

test("allocateIds has answered only what every later boot finds", async () => {
  const disk = await begin("normal");
  let found = 0;
  await enumerateCrashes(
    async (crashing) => {
      const staging = await edgeOn(crashing).slots("boot-1").stage();
      await staging.allocateIds();
      // The first file with such an owner.
      await crashing.create(join(staging.rootfs, "file"), "");
      await crashing.sync(join(staging.rootfs, "file"));
      await crashing.sync(staging.rootfs);
    },
    { seed: 7, from: disk },
    async (left) => {
      const edge = edgeOn(left);
      if ((await left.status(join(edge.directory, "slots/b/rootfs/file"))) === undefined) return;
      found += 1;
      expect(await left.read(join(edge.directory, "ids.json")).then((bytes) => new TextDecoder().decode(bytes))).toBe(
        '{"format":1,"base":524288,"count":65536}\n',
      );
    },
  );
  expect(found).toBeGreaterThan(0);
});
