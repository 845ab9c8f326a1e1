import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readXattrs } from "@host-service/disk";
import { compareTrees, hostileArchives, hostileLimits, readTree } from "@host-service/fixtures";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { type As, Workshop, childProcesses, everyAs, refusalOf, unpackFile } from "./kit/unpacking.ts";

// Each archive takes a process or two, and other tests run beside.
setDefaultTimeout(60_000);

/** A tree that anybody could change, so that only the unpacker stands between it and the archive. */
function makeOutside(workshop: Workshop): string {
  const outside = workshop.directory("outside");
  writeFileSync(join(outside, "canary"), "alive\n");
  symlinkSync("canary", join(outside, "link"));
  mkdirSync(join(outside, "inner"));
  for (const name of ["", "canary", "inner"]) chmodSync(join(outside, name), 0o777);
  return outside;
}

async function attempt(archive: (typeof hostileArchives)[number], as: As): Promise<void> {
  await using workshop = new Workshop();
  const outside = makeOutside(workshop);
  const inside = workshop.directory("inside", as);
  const surroundings = () => {
    const tree = readTree(workshop.path, readXattrs);
    for (const name of tree.keys()) if (name === "" || name.startsWith("inside")) tree.delete(name);
    return tree;
  };
  const path = workshop.file("hostile.tar", archive.build(outside));
  const before = surroundings();
  const { kind, entry } = await refusalOf(path, inside, { as, limits: hostileLimits });
  expect({ kind, entry }).toEqual({ kind: archive.kind, entry: archive.entry });
  expect(compareTrees(before, surroundings())).toEqual([]);
}

describe.each(everyAs.map((as) => [as] as const))("unpack as %s refuses", (as) => {
  test.concurrent.each(hostileArchives.map((archive) => [archive.name, archive] as const))("%s", async (_, archive) => {
    await attempt(archive, as);
  });
});

test("unpack leaves no process after refusals", () => {
  expect(childProcesses()).toEqual([]);
});

test("compareTrees sees a canary that was written to", async () => {
  await using workshop = new Workshop();
  const outside = makeOutside(workshop);
  const before = readTree(outside, readXattrs);
  writeFileSync(join(outside, "canary"), "dead\n");
  expect(compareTrees(before, readTree(outside, readXattrs)).length).toBe(1);
});

test("unpackFile and refusalOf tell an archive that is taken from one that is refused", async () => {
  await using workshop = new Workshop();
  const path = workshop.file("empty.tar", new Uint8Array(1024));
  expect(await unpackFile(path, workshop.directory("taken"))).toEqual({
    entries: 0,
    bytes: 0,
    excluded: 0,
    notKept: { owners: 0, devices: 0, xattrs: 0, examples: [] },
  });
  const refusal = refusalOf(path, workshop.directory("refused"));
  expect(await refusal.catch((error: unknown) => String(error))).toContain("was unpacked");
});
