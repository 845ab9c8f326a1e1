import { lchownSync, statSync } from "node:fs";
import { join } from "node:path";
import { readXattr, readXattrs, setXattr } from "@host-service/disk";
import { compareTrees, end, entry, joined, pax, readTree, treeDigest, unshiftTree } from "@host-service/fixtures";
import type { HeaderFields } from "@host-service/fixtures";
import { expect, setDefaultTimeout, test } from "bun:test";
import { shiftedId, shiftedXattr } from "../../source/unpack/shift.ts";
import { makeRootfs } from "./kit/rootfs.ts";
import { Workshop, isRoot, refusalOf, run, unpackFile } from "./kit/unpacking.ts";

setDefaultTimeout(60_000);

const ids = { base: 0x8_0000, count: 65_536 };
const everything = ["--format=posix", "--xattrs", "--xattrs-include=*"];
const hexOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const capability2 = hexOf("0100000200200000000000000000000000000000");
const capability3 = (rootId: string) => `0100000300200000000000000000000000000000${rootId}`;
const acl = (id: string) =>
  hexOf(`0200000001000600ffffffff02000400${id}04000400ffffffff08000600${id}10000600ffffffff20000000ffffffff`);

test("shiftedId gives every id of the container its own on the host, and refuses all others", () => {
  expect([0, 1, 65_535].map((id) => shiftedId(id, ids, { path: "f", what: "owner" }))).toEqual([
    524_288, 524_289, 589_823,
  ]);
  for (const id of [65_536, 100_000, 4_294_967_294]) {
    expect(() => shiftedId(id, ids, { path: "f", what: "owner" })).toThrow(
      `Cannot unpack "f": its owner ${id} is none of the container's ids, 0 to 65535; pack it with owners of the container`,
    );
  }
});

test("shiftedXattr makes capabilities of all revisions count for the container's root only, and shifts who an ACL names", () => {
  const shifted = (key: string, value: Uint8Array) => Buffer.from(shiftedXattr(key, value, ids, "f")).toString("hex");
  expect(shifted("security.capability", capability2)).toBe(capability3("00000800"));
  expect(shifted("security.capability", hexOf(capability3("01000000")))).toBe(capability3("01000800"));
  expect(shifted("security.capability", hexOf("000000010020000000000000"))).toBe(
    "000000030020000000000000000000000000000000000800",
  );
  for (const key of ["system.posix_acl_access", "system.posix_acl_default"])
    expect(shifted(key, acl("e8030000"))).toBe(Buffer.from(acl("e8030800")).toString("hex"));
  expect(shifted("user.id", hexOf("e8030000"))).toBe("e8030000");
});

test.each([
  ["security.capability", ""],
  ["security.capability", "01000002"],
  ["security.capability", `${capability3("01000000")}00`],
  ["security.capability", "0100000400200000000000000000000000000000"],
  ["system.posix_acl_access", "020000000100"],
  ["system.posix_acl_access", "030000000100060000000000"],
])("shiftedXattr refuses a damaged %s %p", (key, hex) => {
  expect(() => shiftedXattr(key, hexOf(hex), ids, "f")).toThrow(/is damaged|are damaged/u);
});

test.each([
  ["security.capability", hexOf(capability3("00000100"))],
  ["system.posix_acl_access", acl("00000100")],
])("shiftedXattr refuses %s of somebody who is not of the container", (key, value) => {
  expect(() => shiftedXattr(key, value, ids, "f")).toThrow("65536 is none of the container's ids");
});

test.skipIf(!isRoot)("unpack with ids makes the same tree with its owners shifted, but no device nodes", async () => {
  await using workshop = new Workshop();
  const original = workshop.directory("original");
  makeRootfs(original);
  // What no container of 65,536 ids can have, with an owner that it can.
  lchownSync(join(original, "bin/setuid"), 1000, 2000);
  await run(["chmod", "6755", "bin/setuid"], original);
  lchownSync(join(original, "sticky"), 65_535, 7);
  setXattr(join(original, "etc/empty"), "system.posix_acl_access", acl("e8030000"));
  setXattr(join(original, "sticky"), "system.posix_acl_default", acl("e8030000"));
  const path = join(workshop.path, "rootfs.tar");
  await run(["tar", "--create", "--file", path, ...everything, "-C", original, "."], workshop.path);
  const root = workshop.directory("root");
  const report = await unpackFile(path, root, { ids });
  const wanted = readTree(original, readXattrs);
  for (const name of ["dev/null", "dev/loop"]) wanted.delete(name);
  const made = unshiftTree(readTree(root, readXattrs), ids);
  expect(compareTrees(wanted, made)).toEqual([]);
  expect(treeDigest(made)).toBe(treeDigest(wanted));
  const { examples, ...counts } = report.notKept;
  expect(counts).toEqual({ owners: 0, devices: 2, xattrs: 0 });
  expect(examples.toSorted()).toEqual(["./dev/loop (devices)", "./dev/null (devices)"]);
  // The comparison can fail: against the host's own ids, everything differs.
  expect(compareTrees(wanted, readTree(root, readXattrs)).length).toBe(wanted.size);
});

test.skipIf(!isRoot)(
  "unpack with ids gives the root and directories that no entry names to the container",
  async () => {
    await using workshop = new Workshop();
    const path = workshop.file("archive", joined(entry({ name: "a/b/file" }, "x"), end()));
    const root = workshop.directory("root");
    await unpackFile(path, root, { ids });
    for (const name of ["", "a", "a/b", "a/b/file"]) {
      const { uid, gid } = statSync(join(root, name));
      expect([uid, gid]).toEqual([ids.base, ids.base]);
    }
  },
);

const outside: readonly (readonly [string, HeaderFields])[] = [
  ["file", { uid: 65_536 }],
  ["directory", { type: "5", gid: 65_536 }],
  ["fifo", { type: "6", uid: 65_536 }],
  ["link", { type: "2", link: "x", gid: 100_000 }],
];
test.each(outside)("unpack with ids refuses a %s of somebody who is not of the container", async (name, fields) => {
  await using workshop = new Workshop();
  const path = workshop.file("archive", joined(entry({ name, ...fields }), end()));
  const refusal = await refusalOf(path, workshop.directory("root"), { ids });
  expect(refusal.kind).toBe("entry-refused");
  expect(refusal.message).toStartWith(`Cannot unpack "${name}": its ${"uid" in fields ? "owner" : "group"} `);
});

test.skipIf(!isRoot)("unpack with ids shifts an ACL in the text form as well", async () => {
  await using workshop = new Workshop();
  const text = "user::rw-\nuser:alice:r--:1000\ngroup::r--\ngroup:1000:rw-\nmask::rw-\nother::---\n";
  const path = workshop.file("archive", joined(pax({ "SCHILY.acl.access": text }), entry({ name: "f" }, "x"), end()));
  const root = workshop.directory("root");
  const { notKept } = await unpackFile(path, root, { ids });
  if (notKept.xattrs > 0) return console.warn("skipped: the file system of the tests has no ACLs");
  expect(Buffer.from(readXattr(join(root, "f"), "system.posix_acl_access") ?? []).toString("hex")).toBe(
    Buffer.from(acl("e8030800")).toString("hex"),
  );
});
