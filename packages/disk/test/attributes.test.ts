import { expect, test } from "bun:test";
import { chmodSync, closeSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import {
  type DiskPath,
  fchmod,
  fchmodAt,
  fchownAt,
  O_DIRECTORY,
  O_RDONLY,
  readXattr,
  readXattrs,
  setXattr,
  statusAt,
  utimensAt,
} from "@host-service/disk";
import { isRoot, outcomeOf, skipUnlessRoot, temporaryDirectory } from "./temporary.ts";

const directory = temporaryDirectory();
const fd = openSync(directory, O_RDONLY | O_DIRECTORY);
writeFileSync(`${directory}/file`, "contents");
symlinkSync("file", `${directory}/link`);

test("utimensAt keeps nanoseconds, also before 1970, of a link itself, and of the descriptor itself", () => {
  const times = [1_700_000_000_123_456_789n, -1n, -1_500_000_001n, 0n, 4_000_000_000_999_999_999n];
  for (const path of ["file", "link", ""]) {
    for (const modifiedNs of times) {
      utimensAt(fd, path, { accessedNs: 1n, modifiedNs });
      expect(statusAt(fd, path).modifiedNs).toBe(modifiedNs);
    }
  }
});

test("utimensAt leaves a time that is not given as it is", () => {
  utimensAt(fd, "file", { modifiedNs: 42n });
  utimensAt(fd, "file", { accessedNs: 7n });
  expect(statusAt(fd, "file").modifiedNs).toBe(42n);
});

test("fchmod and fchmodAt set all twelve bits", () => {
  const file = openSync(`${directory}/file`, O_RDONLY);
  fchmod(file, 0o4751);
  expect(statusAt(fd, "file").mode).toBe(0o4751);
  fchmodAt(fd, "file", 0o1600);
  expect(statusAt(file, "").mode).toBe(0o1600);
  closeSync(file);
});

test.skipIf(skipUnlessRoot("giving a file away"))("fchownAt changes a link and not what it points to", () => {
  fchownAt(fd, "link", 4_000_000_000, 12);
  expect(statusAt(fd, "link")).toMatchObject({ uid: 4_000_000_000, gid: 12 });
  expect(statusAt(fd, "file")).toMatchObject({ uid: 0, gid: 0 });
  fchownAt(fd, "", 1, 2);
  expect(statusAt(fd, "")).toMatchObject({ uid: 1, gid: 2 });
  fchownAt(fd, "", 0, 0);
});

test.skipIf(isRoot)("fchownAt says that only root gives files away", () => {
  expect(outcomeOf(() => fchownAt(fd, "file", 0, 0))).toEqual({ kind: "system-call", code: "EPERM" });
});

function supportsUserXattrs(): boolean {
  const code = outcomeOf(() => setXattr(fd, "user.probe", new Uint8Array()));
  if (code === "done") return true;
  console.log("skipped: the file system of the temporary directory has no user xattrs");
  return false;
}

test.skipIf(!supportsUserXattrs())(
  "setXattr and readXattrs keep values byte for byte, by descriptor and by path",
  () => {
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    const file = openSync(`${directory}/file`, O_RDONLY);
    chmodSync(`${directory}/file`, 0o600);
    for (const target of [file, `${directory}/file`] satisfies (number | DiskPath)[]) {
      setXattr(target, "user.every", every);
      setXattr(target, "user.empty", new Uint8Array());
      setXattr(target, Buffer.from("user.ä"), Uint8Array.of(0xc0));
      const user = [...readXattrs(target)].filter(([name]) => name.startsWith("user."));
      expect(user).toEqual([
        ["user.empty", new Uint8Array()],
        ["user.every", every],
        ["user.ä", Uint8Array.of(0xc0)],
      ]);
      expect(readXattr(target, "user.nothing")).toBeUndefined();
    }
    closeSync(file);
  },
);

test("setXattr refuses a value that no file system takes", () => {
  expect(outcomeOf(() => setXattr(fd, "user.large", new Uint8Array(65537)))).toEqual({
    kind: "system-call",
    code: "E2BIG",
  });
});

test.skipIf(skipUnlessRoot("setting file capabilities"))("setXattr keeps security.capability", () => {
  // struct vfs_cap_data of linux/capability.h, revision 2, CAP_NET_RAW permitted and effective.
  const value = Uint8Array.from([1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  setXattr(`${directory}/file`, "security.capability", value);
  expect(readXattr(`${directory}/file`, "security.capability")).toEqual(value);
});
