// What every Disk does, the real one and the one that tests put in its place.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Disk, DiskError, realDisk, replaceFile, replaceLink, unlinkDurably } from "@host-service/disk";
import { CrashDisk } from "@host-service/disk/crash-disk";

const directories: string[] = [];
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

const disks: Record<string, () => Promise<{ disk: Disk; at: string }>> = {
  async realDisk() {
    const at = await mkdtemp(join(tmpdir(), "disk-"));
    directories.push(at);
    return { disk: realDisk, at };
  },
  async CrashDisk() {
    const disk = new CrashDisk();
    await disk.makeDirectory("/at");
    return { disk, at: "/at" };
  },
};

const text = async (disk: Disk, path: string) => Buffer.from(await disk.read(path)).toString();

async function failureOf(act: () => Promise<unknown>) {
  const error = await act().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof DiskError ? { kind: error.kind, code: error.code } : error;
}

for (const [name, make] of Object.entries(disks)) {
  describe(name, () => {
    test("create makes a file of the mode that is asked for, and read gives it back", async () => {
      const { disk, at } = await make();
      await disk.create(`${at}/file`, "contents", { mode: 0o644 });
      await disk.create(`${at}/private`, Uint8Array.of(0, 255));
      expect(await text(disk, `${at}/file`)).toBe("contents");
      expect([...(await disk.read(`${at}/private`))]).toEqual([0, 255]);
      expect(await disk.status(`${at}/file`)).toEqual({ type: "file", bytes: 8, mode: 0o644 });
      expect(await disk.status(`${at}/private`)).toEqual({ type: "file", bytes: 2, mode: 0o600 });
      expect(await disk.list(at)).toEqual(["file", "private"]);
    });

    test("create refuses a name that is taken, also by a link to nothing", async () => {
      const { disk, at } = await make();
      await disk.create(`${at}/file`, "old");
      await disk.link("nothing", `${at}/link`);
      expect(await failureOf(() => disk.create(`${at}/file`, "new"))).toEqual({ kind: "exists", code: "EEXIST" });
      expect(await failureOf(() => disk.create(`${at}/link`, "new"))).toEqual({ kind: "exists", code: "EEXIST" });
      expect(await text(disk, `${at}/file`)).toBe("old");
    });

    test("read refuses what is no regular file, what is too large, and a link", async () => {
      const { disk, at } = await make();
      await disk.create(`${at}/file`, "contents");
      await disk.link("file", `${at}/link`);
      expect(await failureOf(() => disk.read(at))).toEqual({ kind: "not-regular", code: "EINVAL" });
      expect(await failureOf(() => disk.read(`${at}/link`))).toEqual({ kind: "system-call", code: "ELOOP" });
      expect(await failureOf(() => disk.read(`${at}/file`, { bytesMax: 7 }))).toEqual({
        kind: "system-call",
        code: "EFBIG",
      });
      expect((await disk.read(`${at}/file`, { bytesMax: 8 })).byteLength).toBe(8);
    });

    test("every operation says so when there is nothing", async () => {
      const { disk, at } = await make();
      const nothing = `${at}/nothing`;
      const missing = { kind: "missing", code: "ENOENT" };
      expect(await failureOf(() => disk.read(nothing))).toEqual(missing);
      expect(await failureOf(() => disk.list(nothing))).toEqual(missing);
      expect(await failureOf(() => disk.sync(nothing))).toEqual(missing);
      expect(await failureOf(() => disk.rename(nothing, `${at}/to`))).toEqual(missing);
      expect(await failureOf(() => disk.unlink(nothing))).toEqual(missing);
      expect(await failureOf(() => disk.create(`${nothing}/file`, ""))).toEqual(missing);
      expect(await failureOf(() => disk.makeDirectory(`${nothing}/directory`))).toEqual(missing);
      expect(await disk.status(nothing)).toBeUndefined();
      expect(await disk.status(`${nothing}/deeper`)).toBeUndefined();
      expect(await disk.readLink(nothing)).toBeUndefined();
      await disk.removeTree(nothing);
    });

    test("link and readLink keep the target as it is", async () => {
      const { disk, at } = await make();
      await disk.link("../slots/a", `${at}/link`);
      expect(await disk.readLink(`${at}/link`)).toBe("../slots/a");
      expect(await disk.status(`${at}/link`)).toEqual({ type: "symlink", bytes: 10, mode: 0o777 });
    });

    test("a path leads through links in its directories", async () => {
      const { disk, at } = await make();
      await disk.makeDirectory(`${at}/slots`);
      await disk.create(`${at}/slots/file`, "contents");
      await disk.link("slots", `${at}/relative`);
      await disk.link(`${at}/relative`, `${at}/absolute`);
      expect(await text(disk, `${at}/absolute/../slots/file`)).toBe("contents");
      expect(await text(disk, `${at}/absolute/file`)).toBe("contents");
    });

    test("makeDirectory is fine with a directory that exists and not with anything else", async () => {
      const { disk, at } = await make();
      await disk.makeDirectory(`${at}/directory`);
      await disk.makeDirectory(`${at}/directory`, { mode: 0o755 });
      await disk.makeDirectory(`${at}/open`, { mode: 0o777 });
      await disk.create(`${at}/file`, "");
      await disk.link("directory", `${at}/link`);
      expect((await disk.status(`${at}/directory`))?.mode).toBe(0o700);
      expect((await disk.status(`${at}/open`))?.mode).toBe(0o777);
      expect(await failureOf(() => disk.makeDirectory(`${at}/file`))).toEqual({ kind: "exists", code: "EEXIST" });
      expect(await failureOf(() => disk.makeDirectory(`${at}/link`))).toEqual({ kind: "exists", code: "EEXIST" });
    });

    test("rename replaces a file, and refuses what rename(2) refuses", async () => {
      const { disk, at } = await make();
      await disk.create(`${at}/from`, "new");
      await disk.create(`${at}/to`, "old");
      await disk.makeDirectory(`${at}/full`);
      await disk.create(`${at}/full/file`, "");
      await disk.makeDirectory(`${at}/empty`);
      expect(await failureOf(() => disk.rename(`${at}/empty`, `${at}/full`))).toEqual({
        kind: "system-call",
        code: "ENOTEMPTY",
      });
      expect(await failureOf(() => disk.rename(`${at}/from`, `${at}/full`))).toEqual({
        kind: "system-call",
        code: "EISDIR",
      });
      await disk.rename(`${at}/from`, `${at}/to`);
      await disk.rename(`${at}/full`, `${at}/empty`);
      expect(await text(disk, `${at}/to`)).toBe("new");
      expect(await disk.list(at)).toEqual(["empty", "to"]);
      expect(await disk.list(`${at}/empty`)).toEqual(["file"]);
    });

    test("unlink removes a link and not what it points to, and no directory", async () => {
      const { disk, at } = await make();
      await disk.create(`${at}/file`, "");
      await disk.link("file", `${at}/link`);
      await disk.unlink(`${at}/link`);
      expect(await disk.list(at)).toEqual(["file"]);
      expect(await failureOf(() => disk.unlink(at))).toEqual({ kind: "system-call", code: "EISDIR" });
    });

    test("removeTree removes a tree, a file, or a link, and never what a link points to", async () => {
      const { disk, at } = await make();
      await disk.makeDirectory(`${at}/kept`);
      await disk.create(`${at}/kept/file`, "");
      await disk.makeDirectory(`${at}/tree`);
      await disk.makeDirectory(`${at}/tree/directory`);
      await disk.create(`${at}/tree/directory/file`, "");
      await disk.link("../kept", `${at}/tree/link`);
      await disk.link("kept", `${at}/link`);
      for (const path of ["tree", "link"]) await disk.removeTree(`${at}/${path}`);
      expect(await disk.list(at)).toEqual(["kept"]);
      expect(await disk.list(`${at}/kept`)).toEqual(["file"]);
      await disk.removeTree(`${at}/kept/file`);
      expect(await disk.list(`${at}/kept`)).toEqual([]);
    });

    test("replaceFile, replaceLink and unlinkDurably leave nothing beside the name", async () => {
      const { disk, at } = await make();
      await disk.create(`${at}/.file.new`, "of a writer that died");
      await replaceFile(disk, `${at}/file`, "first", { mode: 0o640 });
      await replaceFile(disk, `${at}/file`, "second", { mode: 0o644 });
      await replaceLink(disk, `${at}/link`, "slots/a");
      await replaceLink(disk, `${at}/link`, "slots/b");
      expect(await disk.list(at)).toEqual(["file", "link"]);
      expect(await text(disk, `${at}/file`)).toBe("second");
      expect((await disk.status(`${at}/file`))?.mode).toBe(0o644);
      expect(await disk.readLink(`${at}/link`)).toBe("slots/b");
      await unlinkDurably(disk, `${at}/file`);
      await unlinkDurably(disk, `${at}/file`);
      expect(await disk.list(at)).toEqual(["link"]);
    });

    test("replaceFile that fails leaves the old contents and no temporary file", async () => {
      const { disk, at } = await make();
      await disk.makeDirectory(`${at}/directory`);
      await disk.create(`${at}/directory/file`, "");
      expect(await failureOf(() => replaceFile(disk, `${at}/directory`, "contents"))).toEqual({
        kind: "system-call",
        code: "EISDIR",
      });
      expect(await disk.list(at)).toEqual(["directory"]);
    });
  });
}
