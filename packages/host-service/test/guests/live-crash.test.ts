// Every instant at which the power can go while keys are set and taken back: then the next daemon reads what was there.
import { expect, test } from "bun:test";
import type { Disk } from "@host-service/disk";
import { CrashDisk, enumerateCrashes, watchedDisk } from "@host-service/disk/crash-disk";
import { emptyLive, readLive, writeLive } from "../../source/guests/live.ts";
import type { Live } from "../../source/guests/live.ts";

const directory = "/containers/edge";
const seed = 20_260_103;

const withKey = (value: string): Live => ({ ...emptyLive, config: { "user.mode": value } });
const steps: readonly Live[] = [
  withKey("slow"),
  { ...withKey("fast"), devices: { data: { type: "disk", source: "/srv/data", path: "/data" } } },
  { ...emptyLive, instance: { inputs: "0", id: "second" } },
];

/** `through` is the disk that the daemon has, above the one that crashes. */
async function walk(through: (disk: CrashDisk) => Disk): Promise<{ survivors: number; seen: Set<number> }> {
  const from = new CrashDisk();
  for (const path of ["/containers", directory]) await from.makeDirectory(path);
  from.settle();
  const seen = new Set<number>();
  const { survivors } = await enumerateCrashes(
    async (disk) => {
      for (const [index, live] of steps.entries()) {
        await writeLive(through(disk), directory, live);
        disk.acknowledge(String(index));
      }
    },
    { seed, from },
    async (left, { acknowledged }) => {
      const { live, setAside } = await readLive(left, directory);
      expect(setAside).toBeUndefined();
      const done = acknowledged.length;
      const either = [done - 1, done].map((index) => steps[index] ?? (index < 0 ? emptyLive : undefined));
      expect(either).toContainEqual(live);
      seen.add(steps.findIndex((step) => Bun.deepEquals(step, live)));
      // Whatever was left beside it is in nobody's way.
      await writeLive(left, directory, withKey("after"));
      expect((await readLive(left, directory)).live).toEqual(withKey("after"));
    },
  );
  return { survivors, seen };
}

test("live.json after a cut at any instant is the old or the new one, and the one that was acknowledged is there", async () => {
  const { survivors, seen } = await walk((disk) => disk);
  expect(survivors).toBeGreaterThan(50);
  expect([...seen].toSorted((one, other) => one - other)).toEqual([-1, 0, 1, 2]);
});

test.each(["sync", "rename"])("live.json: the walk finds a writer that leaves out each %s", async (left) => {
  const forgetful = (disk: CrashDisk) => watchedDisk(disk, (operation) => (operation === left ? "skip" : undefined));
  expect(await walk(forgetful).then(() => "nothing", String)).toMatch(/crash|expect/iu);
});
