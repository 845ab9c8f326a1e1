import { expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import {
  linkAt,
  mkdirAt,
  mknodAt,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_WRONLY,
  openBeneath,
  openInRoot,
  renameAt,
  S_IFCHR,
  S_IFIFO,
  statusAt,
  symlinkAt,
  unlinkAt,
} from "@host-service/disk";
import { outcomeOf, skipUnlessRoot, temporaryDirectory } from "./temporary.ts";

const outside = temporaryDirectory();
writeFileSync(`${outside}/secret`, "untouched");
mkdirSync(`${outside}/inside/directory`, { recursive: true });
const fd = openSync(`${outside}/inside`, O_RDONLY | O_DIRECTORY);
symlinkSync("..", `${outside}/inside/up`);
symlinkSync(outside, `${outside}/inside/absolute`);
symlinkSync("directory", `${outside}/inside/within`);
symlinkSync("../../secret", `${outside}/inside/directory/secret`);
symlinkSync(`/proc/self/fd/${fd}/..`, `${outside}/inside/magic`);

const create = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const escapes = { kind: "escapes", code: "EXDEV" };

for (const path of ["../secret", "/etc/passwd", "up/secret", "absolute/secret", "directory/secret", "magic/secret"]) {
  test(`openBeneath refuses ${path}`, () => {
    expect(outcomeOf(() => openBeneath(fd, path, O_RDONLY))).toEqual(escapes);
    expect(readFileSync(`${outside}/secret`, "utf8")).toBe("untouched");
  });
}

test("openBeneath follows a link that stays beneath, unless links are refused", () => {
  closeSync(openBeneath(fd, "within/made", create, { mode: 0o640 }));
  expect(statusAt(fd, "directory/made").mode).toBe(0o640 & ~process.umask());
  expect(outcomeOf(() => openBeneath(fd, "within/made", O_RDONLY, { links: "refuse" }))).toEqual({
    kind: "escapes",
    code: "ELOOP",
  });
  closeSync(openBeneath(fd, "directory/made", O_RDONLY, { links: "refuse" }));
});

test("openInRoot resolves every link and .. as if the directory were /, and no magic link", () => {
  mkdirSync(`${outside}/inside/secret-place`);
  writeFileSync(`${outside}/inside/secret`, "of the root");
  symlinkSync("/secret", `${outside}/inside/to-root`);
  symlinkSync("../../../secret", `${outside}/inside/secret-place/up`);
  for (const path of ["to-root", "/to-root", "secret-place/up", "../../secret", "up/secret"]) {
    const opened = openInRoot(fd, path, O_RDONLY);
    expect([path, readFileSync(opened, "utf8")]).toEqual([path, "of the root"]);
    closeSync(opened);
  }
  expect(outcomeOf(() => openInRoot(fd, "absolute/secret", O_RDONLY))).toMatchObject({ code: "ENOENT" });
  expect(outcomeOf(() => openInRoot(fd, "magic/secret", O_RDONLY))).toMatchObject({ code: "ENOENT" });
});

test("renameAt replaces what has the name, and never what a link there points to", () => {
  for (const name of ["new", "target"]) writeFileSync(`${outside}/inside/${name}`, name);
  symlinkSync("target", `${outside}/inside/linked`);
  renameAt(fd, "new", "linked");
  expect(["linked", "target"].map((name) => readFileSync(`${outside}/inside/${name}`, "utf8"))).toEqual([
    "new",
    "target",
  ]);
  expect(outcomeOf(() => renameAt(fd, "new", "linked"))).toMatchObject({ code: "ENOENT" });
});

test("openBeneath creates nothing through a link at the end", () => {
  symlinkAt("nothing", fd, "dangling");
  expect(outcomeOf(() => openBeneath(fd, "dangling", create, { mode: 0o600 }))).toEqual({
    kind: "exists",
    code: "EEXIST",
  });
});

test("mkdirAt, symlinkAt, linkAt and mknodAt make what they say", () => {
  mkdirAt(fd, "made-directory", 0o700);
  symlinkAt(Uint8Array.of(0xff, 0x2f, 0x61), fd, "made-link");
  linkAt(fd, "made-link", fd, "made-directory/same-link");
  mknodAt(fd, "made-fifo", S_IFIFO | 0o600);
  expect(statusAt(fd, "made-directory")).toMatchObject({ type: "directory", mode: 0o700 });
  expect(readlinkSync(`${outside}/inside/made-link`, { encoding: "buffer" })).toEqual(Buffer.from([0xff, 0x2f, 0x61]));
  expect(statusAt(fd, "made-directory/same-link")).toEqual({ ...statusAt(fd, "made-link"), links: 2 });
  expect(statusAt(fd, "made-fifo")).toMatchObject({ type: "other", rawMode: S_IFIFO | 0o600 });
});

test("mknodAt refuses device numbers that the kernel would cut", () => {
  for (const device of [
    { major: 4096, minor: 0 },
    { major: 0, minor: 1 << 20 },
    { major: -1, minor: 0 },
  ]) {
    expect(outcomeOf(() => mknodAt(fd, "device", S_IFCHR | 0o600, device))).toEqual({
      kind: "system-call",
      code: "EINVAL",
    });
  }
});

test.skipIf(skipUnlessRoot("making device nodes"))("mknodAt keeps large device numbers", () => {
  for (const [index, device] of [
    { major: 1, minor: 3 },
    { major: 4095, minor: (1 << 20) - 1 },
    { major: 259, minor: 256 },
  ].entries()) {
    mknodAt(fd, `device-${index}`, S_IFCHR | 0o600, device);
    expect(statusAt(fd, `device-${index}`).represents).toEqual(device);
  }
});

test("unlinkAt removes an entry, and a directory only when that is said", () => {
  mkdirAt(fd, "to-remove", 0o700);
  expect(outcomeOf(() => unlinkAt(fd, "to-remove"))).toEqual({ kind: "system-call", code: "EISDIR" });
  unlinkAt(fd, "to-remove", "directory");
  expect(outcomeOf(() => statusAt(fd, "to-remove"))).toEqual({ kind: "missing", code: "ENOENT" });
});
