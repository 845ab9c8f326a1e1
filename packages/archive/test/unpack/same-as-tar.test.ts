import { statSync } from "node:fs";
import { join } from "node:path";
import { readXattrs } from "@host-service/disk";
import { type TreeEntry, compareTrees, readTree, treeDigest } from "@host-service/fixtures";
import { expect, setDefaultTimeout, test } from "bun:test";
import { makeRootfs, maySetTrusted } from "./kit/rootfs.ts";
import { Workshop, everyAs, run, unpackFile } from "./kit/unpacking.ts";

setDefaultTimeout(60_000);

const everything = ["--xattrs", "--xattrs-include=*"];
/** What GNU tar can pack in; a format that cannot hold a name leaves that entry out, for both alike. */
const formats: readonly { name: string; options: readonly string[]; keepsAll: boolean }[] = [
  { name: "pax", options: ["--format=posix", ...everything], keepsAll: true },
  {
    name: "pax with sparse 0.0",
    options: ["--format=posix", "--sparse", "--sparse-version=0.0", ...everything],
    keepsAll: true,
  },
  {
    name: "pax with sparse 0.1",
    options: ["--format=posix", "--sparse", "--sparse-version=0.1", ...everything],
    keepsAll: true,
  },
  {
    name: "pax with sparse 1.0",
    options: ["--format=posix", "--sparse", "--sparse-version=1.0", ...everything],
    keepsAll: true,
  },
  { name: "gnu", options: ["--format=gnu"], keepsAll: false },
  { name: "gnu with sparse", options: ["--format=gnu", "--sparse"], keepsAll: false },
  { name: "oldgnu with sparse", options: ["--format=oldgnu", "--sparse"], keepsAll: false },
  { name: "ustar", options: ["--format=ustar"], keepsAll: false },
  { name: "v7", options: ["--format=v7"], keepsAll: false },
];
const extraction = ["--extract", "--preserve-permissions", "--numeric-owner", "--warning=no-timestamp", ...everything];

test.each(formats.map((format) => [format.name, format] as const))(
  "unpack makes the tree that GNU tar makes of %s",
  async (_, format) => {
    await using workshop = new Workshop();
    const original = workshop.directory("original");
    makeRootfs(original);
    const path = join(workshop.path, "rootfs.tar");
    await run(["tar", "--create", "--file", path, ...format.options, "-C", original, "."], workshop.path);
    const theirs = workshop.directory("theirs");
    const extracted = await run(["tar", ...extraction, "--file", path, "-C", theirs], workshop.path);
    expect(extracted).toEqual({ exitCode: 0, errors: "" });
    const ours = workshop.directory("ours");
    const report = await unpackFile(path, ours);
    const [wanted, made] = [readTree(theirs, readXattrs), readTree(ours, readXattrs)];
    expect(compareTrees(wanted, made)).toEqual([]);
    expect(treeDigest(made)).toBe(treeDigest(wanted));
    if (format.keepsAll) expect(compareTrees(readTree(original, readXattrs), made)).toEqual([]);
    expect(report.notKept).toEqual({ owners: 0, devices: 0, xattrs: 0, examples: [] });
    expect(report.entries).toBe(made.size);
    if (format.options.includes("--sparse")) expect(storedBytes(ours)).toBeLessThan(2 * 1024 * 1024);
  },
);

/** What the sparse files take on the disk, of 82 MiB that they seem to have. */
function storedBytes(root: string): number {
  const names = ["sparse-only-hole", "sparse-end-hole", "sparse-start-hole", "sparse-many"];
  return names.reduce((total, name) => total + statSync(join(root, "var", name)).blocks * 512, 0);
}

test.if(everyAs.includes("nobody"))("unpack without root keeps what it can, and counts the rest", async () => {
  await using workshop = new Workshop();
  const original = workshop.directory("original");
  makeRootfs(original);
  const path = join(workshop.path, "rootfs.tar");
  await run(["tar", "--create", "--file", path, "--format=posix", ...everything, "-C", original, "."], workshop.path);
  const ours = workshop.directory("ours", "nobody");
  const report = await unpackFile(path, ours, { as: "nobody" });
  const made = readTree(ours, readXattrs);
  expect(compareTrees(withoutPrivileges(readTree(original, readXattrs)), made)).toEqual([]);
  const { owners, devices, xattrs, examples } = report.notKept;
  const lostXattrs = maySetTrusted ? 4 : 1;
  expect({ devices, xattrs }).toEqual({ devices: 2, xattrs: lostXattrs });
  expect(owners).toBe(made.size - hardLinksAndSo(made));
  expect(examples.length).toBe(5 + 2 + lostXattrs);
  expect(examples).toContain("./dev/null (devices)");
});

/** The same tree as a user without privileges may make it. */
function withoutPrivileges(tree: ReadonlyMap<string, TreeEntry>): Map<string, TreeEntry> {
  const allowed = new Map<string, TreeEntry>();
  for (const [name, entry] of tree) {
    if (entry.type.endsWith("device")) continue;
    const xattrs = Object.fromEntries(Object.entries(entry.xattrs).filter(([key]) => key.startsWith("user.")));
    allowed.set(name, { ...entry, owner: "65534:65534", xattrs });
  }
  return allowed;
}

/** Hard links name no owner of their own. */
function hardLinksAndSo(tree: ReadonlyMap<string, TreeEntry>): number {
  return [...tree].filter(([name, entry]) => entry.sameAs !== undefined && entry.sameAs !== name).length;
}
