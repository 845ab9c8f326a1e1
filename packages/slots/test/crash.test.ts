// Every instant of every event from every state at which the power can go; then the next boot comes.
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Disk } from "@host-service/disk";
import { enumerateCrashes, watchedDisk } from "@host-service/disk/crash-disk";
import type { CrashDisk } from "@host-service/disk/crash-disk";
import type { ContainerBoot } from "../source/boot-report.ts";
import { SlotsError } from "../source/error.ts";
import { parseRecord } from "../source/record.ts";
import { committedOf, referencesOf } from "../source/state.ts";
import type { State } from "../source/state.ts";
import { begin, beginnings, edgeOn, events, root } from "./kit/beginnings.ts";
import { device, freeLock } from "./kit/device.ts";
import type { Device } from "./kit/device.ts";

const seed = 20_260_102;
/** A trial of two boots may have one more of them after the crash; then it is over. */
const bootsUntilSettled = 3;

/** What a boot comes to: the state, what runs by the bytes in its slot, and what `committed` says. */
interface Result {
  state: string;
  runs: string;
  committed: string | undefined;
}

async function bootNext(edge: Device, bootId: string): Promise<Result> {
  // The run directory is gone with the boot.
  await edge.disk.removeTree(join(root, "run"));
  const report = await edge.hook(bootId);
  expect(report.containers.filter(({ failed }) => failed)).toEqual([]);
  return await look(edge, report.containers[0]);
}

async function look(edge: Device, boot: ContainerBoot | undefined): Promise<Result> {
  if (boot === undefined || boot.did === "swept") return { state: "gone", runs: "nothing", committed: undefined };
  const state = await stateOf(edge);
  for (const reference of referencesOf(state)) await checkSlot(edge, join(edge.directory, "slots", reference.slot));
  const committed = committedOf(state);
  const link = await edge.disk.readLink(join(edge.directory, "committed"));
  expect(link).toBe(committed === undefined ? undefined : `slots/${committed.slot}`);
  const current = await edge.disk.readLink(join(root, "run/.current/edge"));
  const runs = current === undefined ? "nothing" : await checkSlot(edge, current);
  return { state: JSON.stringify(state), runs, committed: link };
}

async function stateOf(edge: Device): Promise<State> {
  const parsed = parseRecord(await textOf(edge, join(edge.directory, "record.json")));
  if (parsed.kind !== "record") throw new Error(`the record is ${parsed.kind}`);
  return parsed.record.state;
}

/** The image in a slot, all of it: what `slot.json` says is what the other files say. */
async function checkSlot(edge: Device, directory: string): Promise<string> {
  const version = /"version": "([^"]*)"/.exec(await textOf(edge, join(directory, "slot.json")))?.[1] ?? "none";
  expect(await textOf(edge, join(directory, "rootfs/version"))).toBe(version);
  expect(await textOf(edge, join(directory, "config.yaml"))).toBe(`version: ${version}\n`);
  return version;
}

async function textOf(edge: Device, path: string): Promise<string> {
  return new TextDecoder().decode(await edge.disk.read(path));
}

/** Does what an event does; what is refused is an event that does nothing. */
async function happen(name: string, edge: Device, boot: string): Promise<void> {
  try {
    await events[name]?.(edge, boot);
  } catch (error) {
    if (!(error instanceof SlotsError)) throw error;
  }
}

/** All, none, or (an install) that only what lay in the slot was dropped: nothing else may be left. */
async function allowedResults(
  beginning: CrashDisk,
  name: string,
  boot: string,
): Promise<{ all: Result; any: Result[] }> {
  const after = async (event: string | undefined) => {
    const disk = beginning.survivor("kept", { seed });
    if (event !== undefined) await happen(event, edgeOn(disk), boot);
    return await bootNext(edgeOn(disk), "boot-next");
  };
  const all = await after(name);
  return {
    all,
    any: [all, await after(undefined), ...(name.startsWith("install") ? [await after("failed install")] : [])],
  };
}

async function enumerate(beginningName: string, eventName: string, plant: (disk: Disk) => Disk = (disk) => disk) {
  const boot = beginnings[beginningName]?.boot ?? "";
  const beginning = await begin(beginningName);
  const allowed = await allowedResults(beginning, eventName, boot);
  return await enumerateCrashes(
    async (disk) => {
      await happen(eventName, device(plant(disk), root, { takeLock: freeLock }), boot);
      disk.acknowledge("done");
    },
    { seed, from: beginning, mixedReadings: 3 },
    async (survivor, point) => {
      const edge = edgeOn(survivor);
      const result = await bootNext(edge, "boot-next");
      expect(point.acknowledged.length > 0 ? [allowed.all] : allowed.any).toContainEqual(result);
      await checkLaterBoots(survivor, result);
    },
  );
}

async function checkLaterBoots(survivor: CrashDisk, result: Result): Promise<void> {
  const edge = edgeOn(survivor);
  const operations = survivor.operations.length;
  expect((await edge.hook("boot-next")).containers.every(({ did }) => did === "unchanged")).toBe(true);
  expect(survivor.operations.length).toBe(operations);
  let last = result;
  for (let count = 0; count < bootsUntilSettled; count++) last = await bootNext(edge, `boot-later-${count}`);
  // Nobody committed anything since: what runs is what was committed, and an install is possible.
  expect(last.state).toMatch(/^(gone|\{"name":"(empty|normal)".*)$/);
  const running =
    last.committed === undefined ? "nothing" : await checkSlot(edge, join(edge.directory, last.committed));
  expect(last.runs).toBe(running);
  const lastBoot = `boot-later-${bootsUntilSettled - 1}`;
  expect((await edge.install(lastBoot, "2.0.0")).state).toBe("pending");
  expect((await bootNext(edge, "boot-last")).runs).toBe("2.0.0");
}

/** The process was killed, the host goes on: everything is kept, the run directory too. */
async function enumerateKills(beginningName: string, eventName: string): Promise<number> {
  const boot = eventName === "boot" ? "boot-between" : (beginnings[beginningName]?.boot ?? "");
  const options = { seed, from: await begin(beginningName), mixedReadings: 0 };
  const { crashes } = await enumerateCrashes(
    async (disk) => happen(eventName, edgeOn(disk), boot),
    options,
    async (survivor, point) => {
      if (point.reading !== "kept") return;
      const edge = edgeOn(survivor);
      const report = await edge.hook(boot);
      expect(report.containers.filter(({ failed }) => failed)).toEqual([]);
      const { state, runs } = await look(edge, report.containers[0]);
      expect(state === "gone" || state.includes('"empty"') || state.startsWith('{"name":"pending","candidate"')).toBe(
        runs === "nothing",
      );
    },
  );
  return crashes;
}

let survivorsInAll = 0;
for (const beginning of Object.keys(beginnings)) {
  test(`a crash at every instant of every event, from: ${beginning}`, async () => {
    const counts: string[] = [];
    for (const event of Object.keys(events)) {
      const { crashes, survivors } = await enumerate(beginning, event);
      survivorsInAll += survivors;
      counts.push(`${event} ${crashes}`);
    }
    console.info(`crash points from ${beginning}: ${counts.join(", ")}`);
  }, 60_000);
}

test("a process killed at every instant of every event, from every state; then the hook again in the same boot", async () => {
  let kills = 0;
  for (const beginning of Object.keys(beginnings)) {
    for (const event of Object.keys(events)) kills += await enumerateKills(beginning, event);
  }
  console.info(`instants at which the process was killed: ${kills}`);
  expect(kills).toBeGreaterThan(500);
}, 60_000);

test("the enumeration looked at something", () => {
  console.info(`disks looked at after a crash: ${survivorsInAll}`);
  expect(survivorsInAll).toBeGreaterThan(5000);
});

/** Writers that forget one step. Each has to be found. */
const plants: Record<
  string,
  { beginning: string; event: string; skip: () => (operation: string, path: string) => boolean }
> = {
  "the record is not synced before it gets its name": {
    beginning: "trying",
    event: "commit",
    skip: () => (operation, path) => operation === "sync" && path.endsWith(".record.json.new"),
  },
  "the directory is not synced after the record got its name": {
    beginning: "trying",
    event: "commit",
    skip: () => (operation, path) => operation === "sync" && path.endsWith("/edge"),
  },
  "a slot's directory is not synced before the record names it": {
    beginning: "normal",
    event: "install",
    skip: () => (operation, path) => operation === "sync" && path.endsWith("/slots/b"),
  },
  "the record keeps naming the slot that is written": {
    beginning: "normal with previous",
    event: "install",
    skip: () => {
      let isFirst = true;
      return (operation, path) => {
        if (operation !== "rename" || !path.endsWith("/record.json")) return false;
        const skipped = isFirst;
        isFirst = false;
        return skipped;
      };
    },
  },
  "the slot's files are not synced": {
    beginning: "normal",
    event: "install",
    skip: () => (operation, path) => operation === "sync" && path.endsWith("/rootfs/version"),
  },
  "a removed container only looks removed": {
    beginning: "normal",
    event: "remove",
    skip: () => (operation, path) => operation === "sync" && path.endsWith("/containers"),
  },
};

for (const [name, { beginning, event, skip }] of Object.entries(plants)) {
  test(`a planted fault is found: ${name}`, async () => {
    const faulty = (disk: Disk) => {
      const isSkipped = skip();
      return watchedDisk(disk, (operation, path) => (isSkipped(operation, path) ? "skip" : undefined));
    };
    const found = await enumerate(beginning, event, faulty).then(
      () => "nothing was found",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    expect(found).toStartWith("After ");
  }, 60_000);
}
