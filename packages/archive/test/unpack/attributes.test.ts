import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readXattr } from "@host-service/disk";
import { end, entry, joined, pax } from "@host-service/fixtures";
import { expect, setDefaultTimeout, test } from "bun:test";
import { ArchiveError } from "../../source/error.ts";
import { Workshop, everyAs, isRoot, unpackFile } from "./kit/unpacking.ts";

setDefaultTimeout(60_000);

/** What a promise is rejected with, in the parts that we promise. */
async function refusalFrom(work: Promise<unknown>): Promise<{ kind: string; message: string } | "none"> {
  try {
    await work;
    return "none";
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { kind: error.kind, message: error.message };
  }
}

test.each([
  ["user::rwx\ngroup::r-x\nother::r-x\n", true],
  ["user::rwx,group::r-x,other::---", true],
  ["user::rwx\nuser:1000:rwx\ngroup::r-x\nmask::rwx\nother::r-x\n", true],
  ["user::rwx\nuser:alice:rwx:1000\ngroup::r-x\nmask::rwx\nother::r-x\n", true],
  ["user::rwx\nuser:alice:rwx\ngroup::r-x\nmask::rwx\nother::r-x\n", false],
])("unpack takes the ACL text %j only where everybody in it has a number", async (text, isTaken) => {
  await using workshop = new Workshop();
  const path = workshop.file(
    "archive",
    joined(pax({ "SCHILY.acl.access": text }), entry({ name: "file" }, "x"), end()),
  );
  const outcome = await refusalFrom(unpackFile(path, workshop.directory("root")));
  if (isTaken || !isRoot) expect(outcome).toBe("none");
  else {
    expect(outcome).toEqual({
      kind: "entry-refused",
      message:
        'Cannot unpack "file": its access control list (SCHILY.acl.access) is in the text form without numbers, which cannot be kept; ' +
        "pack with --xattrs --xattrs-include='*' in place of --acls",
    });
  }
});

test("unpack keeps an ACL in its binary form", async () => {
  await using workshop = new Workshop();
  // posix_acl_xattr_header version 2, then tag, permissions, id: user, user 1000, group, mask, other.
  const rows = [
    "02000000",
    "01000600ffffffff",
    "02000400e8030000",
    "04000400ffffffff",
    "10000400ffffffff",
    "20000000ffffffff",
  ];
  const acl = new Uint8Array(Buffer.from(rows.join(""), "hex"));
  const key = "system.posix_acl_access";
  const path = workshop.file(
    "archive",
    joined(pax({ [`SCHILY.xattr.${key}`]: acl }), entry({ name: "file", mode: 0o640 }, "x"), end()),
  );
  const root = workshop.directory("root");
  const { notKept } = await unpackFile(path, root);
  if (notKept.xattrs > 0) return console.warn("skipped: the file system of the tests has no ACLs");
  expect(readXattr(join(root, "file"), key)).toEqual(acl);
  expect((statSync(join(root, "file")).mode & 0o7777).toString(8)).toBe("640");
});

test("unpack gives a repeated directory what its last entry says, and its contents what theirs do", async () => {
  await using workshop = new Workshop();
  const path = workshop.file(
    "archive",
    joined(
      entry({ name: "d", type: "5", mode: 0o700, mtime: 1 }),
      entry({ name: "d/file", mtime: 2 }, "x"),
      entry({ name: "./d/", type: "5", mode: 0o500, mtime: 3 }),
      entry({ name: "d/late", mtime: 4 }, "y"),
      end(),
    ),
  );
  const root = workshop.directory("root");
  await unpackFile(path, root);
  const seen = ["d", "d/file", "d/late"].map((name) => {
    const { mode, mtimeMs } = statSync(join(root, name));
    return [name, (mode & 0o7777).toString(8), mtimeMs];
  });
  expect(seen).toEqual([
    ["d", "500", 3000],
    ["d/file", "644", 2000],
    ["d/late", "644", 4000],
  ]);
});

test("unpack writes below a link that stays in the root, where the link leads", async () => {
  await using workshop = new Workshop();
  const path = workshop.file(
    "archive",
    joined(
      entry({ name: "usr/lib", type: "5", mode: 0o755 }),
      entry({ name: "lib", type: "2", link: "usr/lib" }),
      entry({ name: "lib/file" }, "merged\n"),
      entry({ name: "same", type: "1", link: "lib/file" }),
      end(),
    ),
  );
  const root = workshop.directory("root");
  await unpackFile(path, root);
  expect(readFileSync(join(root, "usr/lib/file"), "utf8")).toBe("merged\n");
  expect(statSync(join(root, "same")).ino).toBe(statSync(join(root, "usr/lib/file")).ino);
  expect((statSync(join(root, "usr")).mode & 0o7777).toString(8)).toBe("755");
});

test.if(everyAs.includes("nobody"))("unpack without root gives no example more than five times of a kind", async () => {
  await using workshop = new Workshop();
  const files = Array.from({ length: 8 }, (_, index) => entry({ name: `file-${index}` }));
  const nodes = Array.from({ length: 2 }, (_, index) =>
    entry({ name: `node-${index}`, type: "3", device: [1, index] }),
  );
  const again = entry({ name: "node-again", type: "1", link: "node-1" });
  const path = workshop.file("archive", joined(...files, ...nodes, again, end()));
  const { entries, notKept } = await unpackFile(path, workshop.directory("root", "nobody"), { as: "nobody" });
  expect({ entries, notKept }).toEqual({
    entries: 11,
    notKept: {
      owners: 8,
      devices: 3,
      xattrs: 0,
      examples: [
        ...["file-0", "file-1", "file-2", "file-3", "file-4"].map((name) => `${name} (owners)`),
        ...["node-0", "node-1", "node-again"].map((name) => `${name} (devices)`),
      ],
    },
  });
});
