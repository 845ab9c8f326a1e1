import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readXattrs } from "@host-service/disk";
import {
  compareTrees,
  end,
  entry,
  hostileMetadata,
  joined,
  lxcMetadata,
  packMetadata,
  readTree,
} from "@host-service/fixtures";
import { expect, setDefaultTimeout, test } from "bun:test";
import { Workshop, refusalOf, unpackFile } from "../unpack/kit/unpacking.ts";

setDefaultTimeout(60_000);

/** As an install unpacks it. */
const metadata = { plainOnly: true, limits: { entriesMax: 256, unpackedBytesMax: 8 * 1024 * 1024 } };

test.each(hostileMetadata().map((hostile) => [hostile.name, hostile] as const))(
  "L17: metadata with %s is refused, and nothing outside changes",
  async (_, { archive, why }) => {
    await using workshop = new Workshop();
    const path = workshop.file("meta.tar", archive);
    writeFileSync(join(workshop.path, "config"), "outside\n");
    const directory = workshop.directory("slot");
    const before = readTree(workshop.path, readXattrs);
    const refusal = await refusalOf(path, directory, metadata);
    expect(refusal.message).toMatch(why);
    const after = readTree(workshop.path, readXattrs);
    const changed = compareTrees(before, after).filter((line) => !line.startsWith('"slot'));
    expect(changed).toEqual([]);
  },
);

test("L18: an xz bomb as metadata stops at 8 MiB, and so does one of many members", async () => {
  await using workshop = new Workshop();
  const parts = Array.from({ length: 40 }, (_, index) => entry({ name: `m${index}` }, new Uint8Array(1024 * 1024)));
  const tar = workshop.file("bomb.tar", joined(...parts, end()));
  const packed = Bun.spawnSync(["xz", "--stdout", tar]);
  const path = workshop.file("bomb.tar.xz", packed.stdout);
  expect(packed.stdout.byteLength).toBeLessThan(64 * 1024);
  const directory = workshop.directory("slot");
  expect((await refusalOf(path, directory, metadata)).kind).toBe("too-large");
  const written = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  expect(written).toBeLessThanOrEqual(8 * 1024 * 1024);
  const many = workshop.file(
    "many.tar",
    joined(...Array.from({ length: 300 }, (_, i) => entry({ name: `${i}` })), end()),
  );
  expect((await refusalOf(many, workshop.directory("other"), metadata)).kind).toBe("too-many-entries");
});

test("unpack with plainOnly keeps names and contents, and nothing else of what strangers say", async () => {
  await using workshop = new Workshop();
  const directory = workshop.directory("slot");
  await unpackFile(workshop.file("meta.tar", packMetadata(lxcMetadata())), directory, metadata);
  const tree = readTree(directory, readXattrs);
  const owner = `${process.geteuid?.()}:${process.getegid?.()}`;
  for (const { type, mode, owner: theirs, xattrs } of tree.values())
    expect([mode, theirs, xattrs]).toEqual([type === "directory" ? "0700" : "0600", owner, {}]);
});
