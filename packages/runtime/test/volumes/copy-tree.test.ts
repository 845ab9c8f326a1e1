import { expect, test } from "bun:test";
import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fchownAt, mknodAt, readXattrs, S_IFCHR, S_IFIFO, setXattr } from "@host-service/disk";
import { compareTrees, readTree } from "@host-service/fixtures";
import { bytesOfTree, copyTree, sharesBlocks } from "../../source/volumes/copy-tree.ts";
import { makeVolume, volumePath } from "../../source/volumes/volumes.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("skipped: owners and device nodes take root");

function temporary(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "runtime-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

test.skipIf(!isRoot)("copyTree keeps all that a container's volume can have, and follows nothing", async () => {
  using top = temporary();
  const [from, to, outside] = [join(top.path, "from"), join(top.path, "to"), join(top.path, "outside")];
  mkdirSync(join(from, "sub"), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, "secret"), "untouched");
  writeFileSync(join(from, "file"), "contents", { mode: 0o4755 });
  linkSync(join(from, "file"), join(from, "sub/same"));
  symlinkSync(outside, join(from, "link"));
  symlinkSync("/etc/passwd", join(from, "sub/absolute"));
  const fd = openSync(from, "r");
  mknodAt(fd, "pipe", S_IFIFO | 0o600);
  mknodAt(fd, "node", S_IFCHR | 0o600, { major: 1, minor: 3 });
  fchownAt(fd, "sub", 524_288 + 33, 524_288 + 33);
  fchownAt(fd, "", 524_288, 524_288);
  closeSync(fd);
  setXattr(join(from, "file"), "user.note", Buffer.from([1, 0, 255]));
  const sparse = openSync(join(from, "sparse"), "w");
  ftruncateSync(sparse, 64 * 1024 * 1024);
  writeSync(sparse, "end", 32 * 1024 * 1024);
  closeSync(sparse);
  await copyTree(from, to);
  expect(compareTrees(readTree(from, readXattrs), readTree(to, readXattrs))).toEqual([]);
  expect(statSync(join(to, "sparse")).blocks * 512).toBeLessThan(1024 * 1024);
  expect(readFileSync(join(outside, "secret"), "utf8")).toBe("untouched");
  expect(await bytesOfTree(to)).toBeGreaterThan(0);
});

test("copyTree says what cp says where it cannot", async () => {
  using top = temporary();
  await expect(copyTree(join(top.path, "nothing"), join(top.path, "to"))).rejects.toMatchObject({
    kind: "volume",
    message: expect.stringMatching(/^Cannot copy ".*nothing": cp ended with 1: .*No such file/),
  });
});

test("sharesBlocks leaves nothing behind, and answers what a reflink of cp comes to", async () => {
  using top = temporary();
  const directory = join(top.path, "state");
  const answer = await sharesBlocks(directory);
  expect(Bun.spawnSync(["ls", "-A", directory]).stdout.toString()).toBe("");
  writeFileSync(join(top.path, "file"), Buffer.alloc(65_536, 1));
  const cp = Bun.spawnSync(["cp", "--reflink=always", join(top.path, "file"), join(top.path, "copy")]);
  expect(answer).toBe(cp.exitCode === 0);
});

test.skipIf(!isRoot)("makeVolume makes it for the container's root, once, and nothing else takes its place", () => {
  using top = temporary();
  const place = { containerDirectory: top.path, slotDirectory: join(top.path, "slots/b") };
  const volume = { kind: "volume", volume: "data", per: "container", snapshot: false } as const;
  const path = volumePath(volume, place);
  expect(path).toBe(join(top.path, "volumes/data"));
  expect(volumePath({ ...volume, per: "slot" }, place)).toBe(join(top.path, "slots/b/volumes/data"));
  expect(makeVolume(path, 524_288)).toBeUndefined();
  expect([statSync(path).uid, statSync(path).gid, statSync(path).mode & 0o777]).toEqual([524_288, 524_288, 0o755]);
  writeFileSync(join(path, "file"), "kept");
  expect(makeVolume(path, 524_288)).toBeUndefined();
  expect(readFileSync(join(path, "file"), "utf8")).toBe("kept");
  expect(makeVolume(path, 0)).toContain("a container that became privileged");
  symlinkSync("/etc", join(top.path, "volumes/link"));
  expect(() => makeVolume(join(top.path, "volumes/link"), 0)).toThrow("it is no directory");
});
