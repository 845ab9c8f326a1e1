import { expect, test } from "bun:test";
import { type Disk, replaceFile, replaceLink, unlinkDurably } from "@host-service/disk";
import { CrashDisk, enumerateCrashes } from "@host-service/disk/crash-disk";

const record = "/state/record.json";

async function diskWithRecord(): Promise<CrashDisk> {
  const disk = new CrashDisk();
  await disk.makeDirectory("/state");
  await disk.create(record, "the old record");
  await disk.link("slots/a", "/state/committed");
  disk.settle();
  return disk;
}

type Writer = (disk: Disk) => Promise<void>;

// Old or new and never a part; the new one as soon as the writer came back.
async function enumerateWriter(write: Writer) {
  return await enumerateCrashes(write, { seed: 1, from: await diskWithRecord() }, async (survivor, { finished }) => {
    const text = Buffer.from(await survivor.read(record)).toString();
    expect(finished ? ["the new record"] : ["the old record", "the new record"]).toContain(text);
  });
}

const planted: Record<string, Writer> = {
  "a writer without fsync": async (disk) => {
    await disk.create("/state/.new", "the new record");
    await disk.rename("/state/.new", record);
    await disk.sync("/state");
  },
  "a write in place": async (disk) => {
    await disk.unlink(record);
    await disk.create(record, "the new record");
    await disk.sync(record);
    await disk.sync("/state");
  },
  "an acknowledgement before the directory sync": async (disk) => {
    await disk.create("/state/.new", "the new record");
    await disk.sync("/state/.new");
    await disk.rename("/state/.new", record);
  },
  "a sync of the directory before the rename": async (disk) => {
    await disk.create("/state/.new", "the new record");
    await disk.sync("/state/.new");
    await disk.sync("/state");
    await disk.rename("/state/.new", record);
  },
};

for (const [name, write] of Object.entries(planted)) {
  test(`enumerateCrashes finds ${name}`, async () => {
    expect(await enumerateWriter(write).then(() => "nothing found", String)).toMatch(
      /^Error: After \d+ operations \(.*\): /s,
    );
  });
}

test("replaceFile leaves the old contents or the new at every crash, and the new when it came back", async () => {
  const { crashes, survivors } = await enumerateWriter((disk) => replaceFile(disk, record, "the new record"));
  // unlink of an old temporary name, create, write, sync, rename, sync of the directory
  expect({ crashes, survivors }).toEqual({ crashes: 6, survivors: 7 * 7 });
});

test("replaceFile works on whatever a crash left of itself", async () => {
  const write: Writer = (disk) => replaceFile(disk, record, "the new record");
  let again = 0;
  await enumerateCrashes(write, { seed: 2, from: await diskWithRecord() }, async (survivor) => {
    again += 1;
    await write(survivor);
    expect(await survivor.list("/state")).toEqual(["committed", "record.json"]);
  });
  expect(again).toBe(49);
});

test("replaceLink leaves the old target or the new at every crash", async () => {
  const targets = new Set<string | undefined>();
  await enumerateCrashes(
    (disk) => replaceLink(disk, "/state/committed", "slots/b"),
    { seed: 3, from: await diskWithRecord() },
    async (survivor, { finished }) => {
      const target = await survivor.readLink("/state/committed");
      targets.add(target);
      expect(finished ? ["slots/b"] : ["slots/a", "slots/b"]).toContain(String(target));
    },
  );
  expect(targets).toEqual(new Set(["slots/a", "slots/b"]));
});

test("unlinkDurably has removed the name when it came back", async () => {
  const seen = new Set<string>();
  await enumerateCrashes(
    (disk) => unlinkDurably(disk, record),
    { seed: 4, from: await diskWithRecord() },
    async (survivor, { finished }) => {
      seen.add(`${finished} ${(await survivor.status(record)) !== undefined}`);
    },
  );
  expect([...seen].toSorted()).toEqual(["false false", "false true", "true false"]);
});

test("CrashDisk.acknowledge binds the crashes that come after it", async () => {
  const write = async (disk: CrashDisk) => {
    await replaceFile(disk, record, "the new record");
    disk.acknowledge("written");
    await disk.create("/state/other", "");
  };
  let bound = 0;
  await enumerateCrashes(write, { seed: 5, from: await diskWithRecord() }, async (survivor, { acknowledged }) => {
    if (!acknowledged.includes("written")) return;
    bound += 1;
    expect(Buffer.from(await survivor.read(record)).toString()).toBe("the new record");
  });
  expect(bound).toBe(21);
});

test("CrashDisk.rename is one change, also between two directories of which one was synced", async () => {
  const from = await diskWithRecord();
  await from.makeDirectory("/other");
  from.settle();
  const places = new Set<string>();
  const move = async (disk: CrashDisk) => {
    await disk.rename(record, "/other/record.json");
    await disk.sync("/other");
  };
  await enumerateCrashes(move, { seed: 6, from }, async (survivor) => {
    const found = await Promise.all([record, "/other/record.json"].map((path) => survivor.status(path)));
    places.add(found.map((status) => status !== undefined).join(" "));
  });
  expect([...places].toSorted()).toEqual(["false true", "true false"]);
});

test("CrashDisk.removeTree can be cut off between any two entries", async () => {
  const from = await diskWithRecord();
  const left = new Set<string>();
  await enumerateCrashes(
    (disk) => disk.removeTree("/state"),
    { seed: 7, from },
    async (survivor, { reading }) => {
      if (reading === "kept")
        left.add((await survivor.status("/state")) ? (await survivor.list("/state")).join(" ") : "-");
    },
  );
  expect([...left]).toEqual(["committed record.json", "record.json", "", "-"]);
});
