import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { realDisk } from "@host-service/disk";
import { resolveBoot } from "@host-service/slots";
import { readAttached } from "../../source/attachments/attached.ts";
import { PortableServices } from "../../source/services/services.ts";
import { FakeHost } from "../kit/fake-host.ts";
import { inDirectory } from "../kit/image.ts";

const unit = "minimal-test.service";
const unitText = "[Service]\nExecStart=/x\n[Install]\n";

/** A host with its state, over boots; the images are raw ones whose whole contents are their version. */
class World {
  readonly fake: FakeHost;
  readonly #root: string;
  #boot = 1;

  constructor(root: string) {
    this.#root = root;
    this.fake = new FakeHost(join(root, "host"), (image) => ({
      osRelease: `ID=minimal\nVERSION_ID=${/_([^_]*)-[ab]/.exec(image)?.[1] ?? this.arriving}\n`,
      units: new Map([[unit, unitText]]),
    }));
  }

  arriving = "";

  static async with(act: (world: World) => Promise<void>): Promise<void> {
    await inDirectory(async (root) => {
      const world = new World(root);
      await mkdir(join(root, "state"));
      await mkdir(join(root, "run"));
      await mkdir(join(root, "host"));
      await act(world);
    });
  }

  get services(): PortableServices {
    return new PortableServices({
      host: this.fake.host,
      stateDirectory: join(this.#root, "state"),
      runDirectory: join(this.#root, "run"),
      bootId: this.#bootId,
      now: () => new Date(),
      dwell: { dwellMs: 10, intervalMs: 2 },
    });
  }

  async attach(
    version: string,
    options: { name?: string; owner?: string; reserveBytes?: number } = {},
  ): Promise<string> {
    this.arriving = version;
    const path = join(this.#root, "arrived");
    await writeFile(path, version.padEnd(600, " "));
    const fd = openSync(path, "r");
    const sha256 = new Bun.CryptoHasher("sha256").update(version).digest("hex");
    const { name = "minimal", owner = "host", reserveBytes = 0 } = options;
    try {
      const { status } = await this.services.attach(
        { fd, path, bytes: 600, sha256 },
        { name, profile: "default", owner },
        {
          unpacking: { program: [], limits: { entriesMax: 1, unpackedBytesMax: 1 }, reserveBytes },
          beforeRecord: () => {},
        },
      );
      return status.state;
    } finally {
      closeSync(fd);
    }
  }

  /** /run is new, the hook runs, and then the daemon starts. */
  async reboot(): Promise<void> {
    this.#boot += 1;
    await this.fake.reboot();
    await rm(join(this.#root, "run"), { recursive: true });
    await mkdir(join(this.#root, "run"));
    const places = { stateDirectory: join(this.#root, "state"), runDirectory: join(this.#root, "run") };
    const report = await resolveBoot({
      ...places,
      disk: realDisk,
      collection: "portable",
      bootId: this.#bootId,
      now: () => new Date(),
    });
    expect(report.ok).toBe(true);
    expect([...(await this.services.reconcile())]).toEqual([]);
  }

  /** "minimal_1.0-a", or "nothing"; what is attached is what runs. */
  async running(): Promise<string> {
    const attached = (await readAttached(this.fake.root)).flatMap(({ images }) => images.map(({ image }) => image));
    expect(attached.length).toBeLessThan(2);
    expect(this.fake.runs(unit)?.root).toBe(attached[0] as string);
    return attached[0]?.split("/").at(-1) ?? "nothing";
  }

  get #bootId(): string {
    return `boot-${this.#boot}`;
  }
}

function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "it succeeded",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

test("P29: what is committed is attached again at each boot; committing again changes nothing", async () => {
  await World.with(async (world) => {
    expect(await world.attach("1.0")).toBe("trying");
    expect((await world.services.commit("minimal", "host")).state).toBe("normal");
    expect((await world.services.commit("minimal", "host")).state).toBe("normal");
    await world.reboot();
    expect(await world.running()).toBe("minimal_1.0-a.raw");
    expect(await world.attach("1.1")).toBe("trying");
    await world.services.commit("minimal", "host");
    await world.reboot();
    expect(await world.running()).toBe("minimal_1.1-b.raw");
  });
});

test("P27: what was not committed is gone at the next boot, and the one before runs", async () => {
  await World.with(async (world) => {
    await world.attach("1.0");
    await world.services.commit("minimal", "host");
    await world.attach("1.1");
    expect(await world.running()).toBe("minimal_1.1-b.raw");
    await world.reboot();
    expect(await world.running()).toBe("minimal_1.0-a.raw");
    expect(await world.services.status("minimal")).toMatchObject({
      state: "normal",
      outcome: { result: "rolled-back", version: "1.1", why: "rebooted without commit" },
    });
  });
});

test("a first version that was not committed leaves nothing attached", async () => {
  await World.with(async (world) => {
    await world.attach("1.0");
    await world.reboot();
    expect(await world.running()).toBe("nothing");
    expect(await world.services.status("minimal")).toMatchObject({ state: "normal", empty: true });
  });
});

test("rollback goes back at once, from a trial and from a committed version, and a commit then is none of what was left", async () => {
  await World.with(async (world) => {
    await world.attach("1.0");
    await world.services.commit("minimal", "host");
    await world.attach("1.1");
    expect(await world.services.rollback("minimal", "host")).toMatchObject({
      state: "normal",
      running: { version: "1.0" },
    });
    expect(await world.running()).toBe("minimal_1.0-a.raw");
    expect(await messageOf(world.services.commit("minimal", "host", { expect: "1.1" }))).toContain(
      'expected was "1.1"',
    );
    await world.attach("1.2");
    await world.services.commit("minimal", "host");
    await world.services.rollback("minimal", "host");
    expect(await world.running()).toBe("minimal_1.0-a.raw");
    expect(await messageOf(world.services.rollback("minimal", "host"))).toContain("there is no previous image");
  });
});

test("a version that fails leaves the one before running and a record that says why; a trial refuses another attach", async () => {
  await World.with(async (world) => {
    await world.attach("1.0");
    await world.services.commit("minimal", "host");
    expect(await messageOf(world.attach("broken"))).toContain('Cannot keep "minimal-test.service" running');
    expect(await world.running()).toBe("minimal_1.0-a.raw");
    expect(await world.services.status("minimal")).toMatchObject({
      state: "normal",
      running: { version: "1.0" },
      outcome: { result: "failed", version: "broken" },
    });
    await world.attach("1.1");
    expect(await messageOf(world.attach("1.2"))).toContain("is on trial and the other slot is the way back");
    expect(await messageOf(world.attach("1.2"))).toContain("hostctl portable commit");
  });
});

test("P28: cut at every call of an update, the next boot runs the old version, and a daemon that starts in the same boot one of the two", async () => {
  const calls = await countCalls();
  for (let at = 1; at <= calls; at += 1) {
    for (const next of ["boot", "daemon"] as const) {
      await World.with(async (world) => {
        await world.attach("1.0");
        await world.services.commit("minimal", "host");
        const cut = world.fake.cutAt(at);
        void world.attach("1.1");
        await cut;
        if (next === "boot") await world.reboot();
        else expect([...(await world.services.reconcile())]).toEqual([]);
        const { state, running } = await world.services.status("minimal");
        const isOld = running?.version === "1.0";
        expect([at, next, state, running?.version]).toEqual([
          at,
          next,
          isOld ? "normal" : "trying",
          isOld ? "1.0" : "1.1",
        ]);
        expect(await world.running()).toBe(isOld ? "minimal_1.0-a.raw" : "minimal_1.1-b.raw");
        if (next === "boot") expect(isOld).toBe(true);
      });
    }
  }
});

test("P28: cut at every call of a rollback, the next start ends in the version that was asked for", async () => {
  for (let at = 1; at <= 3; at += 1) {
    for (const next of ["boot", "daemon"] as const) {
      await World.with(async (world) => {
        await world.attach("1.0");
        await world.services.commit("minimal", "host");
        await world.attach("1.1");
        await world.services.commit("minimal", "host");
        const cut = world.fake.cutAt(at);
        void world.services.rollback("minimal", "host");
        await cut;
        if (next === "boot") await world.reboot();
        else expect([...(await world.services.reconcile())]).toEqual([]);
        const { state, running } = await world.services.status("minimal");
        expect([at, next, state, running?.version]).toEqual([at, next, "normal", "1.0"]);
        expect(await world.running()).toBe("minimal_1.0-a.raw");
      });
    }
  }
});

test("detach takes exactly the service, and its images; P13: of what is not attached it says so", async () => {
  await World.with(async (world) => {
    await world.attach("1.0");
    await world.services.detach("minimal", "host");
    expect(await world.running()).toBe("nothing");
    expect(await world.services.names()).toEqual([]);
    expect(await messageOf(world.services.detach("minimal", "host"))).toContain("there is no such container");
  });
});

test("an image without room is refused before it is laid out, with how much it takes, and nothing is left", async () => {
  await World.with(async (world) => {
    expect(await messageOf(world.attach("1.0", { reserveBytes: 1e18 }))).toMatch(
      /^Cannot lay out the image: it has 600 bytes, 1000000000000000000 stay in reserve, and \d+ are free in ".*\/portable"; free some space$/,
    );
    expect(await world.services.names()).toEqual([]);
    expect(world.fake.calls).toEqual([]);
    await world.attach("1.0");
    expect(await messageOf(world.attach("1.0", { reserveBytes: 1e18 }))).not.toContain("Cannot lay out");
    await world.services.commit("minimal", "host");
    expect(await messageOf(world.attach("1.1", { reserveBytes: 1e18 }))).toContain("Cannot lay out the image");
    expect(await world.running()).toBe("minimal_1.0-a.raw");
  });
});

test("P23: a name that begins like another one is refused where systemd takes one for the other", async () => {
  await World.with(async (world) => {
    await world.attach("1.0");
    const message = await messageOf(world.attach("1.0", { name: "minimalfoo" }));
    expect(message).toContain('Cannot attach "minimalfoo": the systemd of this host would take it for "minimal"');
    world.fake.version = 257;
    expect(await messageOf(world.attach("1.0", { name: "minimalfoo" }))).not.toContain("would take it for");
  });
});

test("a container changes what it has attached itself, and nothing else", async () => {
  await World.with(async (world) => {
    await world.attach("1.0", { owner: "edge" });
    await world.services.commit("minimal", "edge");
    const refusal = 'Cannot change "minimal": "edge" attached it, and "other" changes its own services only';
    expect(await messageOf(world.attach("1.1", { owner: "other" }))).toBe(refusal);
    expect(await messageOf(world.services.detach("minimal", "other"))).toBe(refusal);
    expect(await messageOf(world.services.rollback("minimal", "other"))).toBe(refusal);
    await world.services.detach("minimal", "host");
  });
});

async function countCalls(): Promise<number> {
  let calls = 0;
  await World.with(async (world) => {
    await world.attach("1.0");
    await world.services.commit("minimal", "host");
    world.fake.calls.length = 0;
    await world.attach("1.1");
    calls = world.fake.calls.length;
  });
  expect(calls).toBeGreaterThan(2);
  return calls;
}
