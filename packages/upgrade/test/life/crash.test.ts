// Every instant of every event from every state of the system at which the power can go; then the host is switched on again.
import { expect, test } from "bun:test";
import type { Disk } from "@host-service/disk";
import { CrashDisk, enumerateCrashes, watchedDisk } from "@host-service/disk/crash-disk";
import { makeHost, openHost } from "../kit/paper-board.ts";
import type { Boot, Host } from "../kit/paper-board.ts";

const seed = 20_261_125;

/** How a host gets into each state, from its factory image in slot a. */
const beginnings: Record<string, (host: Host) => Promise<Boot>> = {
  factory: (host) => host.boot(),
  async pending(host) {
    const boot = await host.boot();
    await host.upgrade(boot, "1.0.0");
    return boot;
  },
  async trying(host) {
    await host.upgrade(await host.boot(), "1.0.0");
    return await host.boot();
  },
  async "trying, with more boots to come"(host) {
    const boot = await host.boot();
    await host.setEnvironment({ bootLimit: 5 });
    await host.upgrade(boot, "1.0.0");
    return await host.boot();
  },
  async "trial that is rolled back"(host) {
    await host.upgrade(await host.boot(), "1.0.0");
    const boot = await host.boot();
    await host.system(boot).rollback();
    return boot;
  },
  async "normal with previous"(host) {
    await host.upgrade(await host.boot(), "1.0.0");
    const boot = await host.boot();
    await host.system(boot).commit();
    return boot;
  },
  async "normal on its way to the previous"(host) {
    const boot = await beginnings["normal with previous"]?.(host);
    if (boot === undefined) throw new Error("unreachable");
    await host.system(boot).rollback();
    return boot;
  },
};

const events: Record<string, (host: Host, boot: Boot) => Promise<unknown>> = {
  upgrade: (host, boot) => host.upgrade(boot, "2.0.0"),
  commit: (host, boot) => host.system(boot).commit(),
  rollback: (host, boot) => host.system(boot).rollback(),
  boot: (host) => host.boot(),
};

/** What is refused is an event that does nothing. */
async function happen(event: string, host: Host, boot: Boot): Promise<void> {
  try {
    await events[event]?.(host, boot);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "SlotsError") throw error;
  }
}

interface Result {
  runs: string;
  state: string | undefined;
}

/** What the next boot comes to. */
async function bootNext(host: Host): Promise<Result> {
  const { version, hook, booted } = await host.boot();
  expect(hook.failed ? hook.problem : "").toBe("");
  expect(hook.running?.slot).toBe(booted);
  expect(version === "factory" ? undefined : version).toBe(hook.running?.version);
  return { runs: version, state: hook.state };
}

async function enumerate(beginning: string, event: string, plant: (disk: Disk) => Disk = (disk) => disk) {
  const from = new CrashDisk();
  const begun = await beginnings[beginning]?.(await makeHost(from));
  if (begun === undefined) throw new Error(`there is no beginning "${beginning}"`);
  const before = await bootNext(openHost(from.survivor("kept", { seed })));
  const whole = from.survivor("kept", { seed });
  await happen(event, openHost(whole), begun);
  const after = await bootNext(openHost(whole));
  return await enumerateCrashes(
    async (disk) => {
      await happen(event, openHost(plant(disk)), begun);
      disk.acknowledge("done");
    },
    { seed, from, mixedReadings: 3 },
    async (survivor, { acknowledged }) => {
      const host = openHost(survivor);
      const result = await bootNext(host);
      // An upgrade that was cut has dropped what lay in its slot; a boot that was cut has used up the trial.
      const dropped = { runs: begun.version, state: "normal" };
      expect(acknowledged.length > 0 ? [after] : [before, after, dropped, await bootAfter(from)]).toContainEqual(
        result,
      );
      await checkLaterBoots(host);
    },
  );
}

/** Nobody commits: one boot later. */
async function bootAfter(from: CrashDisk): Promise<Result> {
  const host = openHost(from.survivor("kept", { seed }));
  await host.boot();
  return await bootNext(host);
}

/** Nobody commits anything more: what runs then stays, and can be upgraded. */
async function checkLaterBoots(host: Host): Promise<void> {
  await host.boot();
  const last = await host.boot();
  expect(last.hook.state).toBe("normal");
  await host.upgrade(last, "3.0.0");
  const trial = await host.boot();
  expect([trial.version, trial.hook.state]).toEqual(["3.0.0", "trying"]);
  expect((await host.boot()).version).toBe(last.version);
}

let survivorsInAll = 0;
for (const beginning of Object.keys(beginnings)) {
  test(`a power cut at every instant of every event, from: ${beginning}`, async () => {
    const counts: string[] = [];
    for (const event of Object.keys(events)) {
      const { crashes, survivors } = await enumerate(beginning, event);
      survivorsInAll += survivors;
      counts.push(`${event} ${crashes}`);
    }
    console.info(`power cuts from ${beginning}: ${counts.join(", ")}`);
  }, 60_000);
}

test("the enumeration looked at something", () => {
  console.info(`disks looked at after a power cut: ${survivorsInAll}`);
  expect(survivorsInAll).toBeGreaterThan(1000);
});

/** Steps that are left out or come too early. Each has to be found. */
const plants: Record<string, { event: string; beginning: string; skip: (operation: string, path: string) => boolean }> =
  {
    "the record is not synced before it gets its name": {
      event: "upgrade",
      beginning: "factory",
      skip: (operation, path) => operation === "sync" && path.endsWith(".record.json.new"),
    },
    "the slot is not synced before the boot loader is told": {
      event: "upgrade",
      beginning: "factory",
      skip: (operation, path) => operation === "sync" && path.endsWith(".partition-b.new"),
    },
    "a commit does not reach the boot loader": {
      event: "commit",
      beginning: "trying",
      skip: (operation, path) => operation === "rename" && path.endsWith("/environment"),
    },
  };

for (const [name, { beginning, event, skip }] of Object.entries(plants)) {
  test(`a planted fault is found: ${name}`, async () => {
    const faulty = (disk: Disk) => watchedDisk(disk, (operation, path) => (skip(operation, path) ? "skip" : undefined));
    const found = await enumerate(beginning, event, faulty).then(
      () => "nothing was found",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    expect(found).toStartWith("After ");
  }, 60_000);
}
