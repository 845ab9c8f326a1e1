import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  capability,
  heldCapabilities,
  fchownAt,
  mknodAt,
  setXattr,
  utimensAt,
} from "@host-service/disk";
import { isRoot } from "./unpacking.ts";

const mebibyte = 1024 * 1024;
// VFS_CAP_REVISION_2 | effective; cap_net_raw and some of the high ones, whose bytes are above 0x7f.
const fileCapability = Uint8Array.of(1, 0, 0, 2, 0x00, 0x20, 0, 0xc0, 0x80, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0);

/** Attributes named trusted.* take CAP_SYS_ADMIN, which a container's root need not have. */
export const maySetTrusted = isRoot && (heldCapabilities() & (1n << BigInt(capability.SYS_ADMIN))) !== 0n;
if (isRoot && !maySetTrusted) console.warn("skipped: attributes named trusted.*, as this root has no CAP_SYS_ADMIN");

/** Some file systems have no attributes named user.*, and then there is nothing to keep. */
const hasUserAttributes = probeUserAttributes();
if (!hasUserAttributes) console.warn("skipped: attributes named user.*, as the file system of the tests has none");

function probeUserAttributes(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "host-service-probe-"));
  try {
    setXattr(directory, "user.probe", Buffer.from("x"));
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(directory);
  }
}

/** One of each thing that a root file system may hold, and that this user may make. */
export function makeRootfs(root: string): void {
  const at = (name: string): string => join(root, name);
  for (const name of ["bin", "dev", "etc", "empty", "sticky", "usr", "usr/lib", "var", "var/read-only"])
    mkdirSync(at(name));
  writeFileSync(at("etc/hostname"), "edge\n");
  writeFileSync(at("etc/empty"), "");
  writeFileSync(at("bin/large"), new Uint8Array(3 * mebibyte + 17).fill(0x41));
  writeFileSync(at("bin/setuid"), "#!/bin/sh\n", { mode: 0o755 });
  chmodSync(at("bin/setuid"), 0o6755);
  chmodSync(at("sticky"), 0o1777);
  linkSync(at("etc/hostname"), at("usr/lib/same"));
  linkSync(at("etc/hostname"), at("var/same too"));
  symlinkSync("../etc/hostname", at("usr/relative"));
  symlinkSync("/etc/hostname", at("usr/absolute"));
  symlinkSync("nowhere/../..", at("usr/dangling"));
  linkSync(at("usr/dangling"), at("usr/dangling too"));
  symlinkSync(`/${"t".repeat(180)}`, at("usr/long target"));
  makeOddNames(root);
  makeSparseFiles(root);
  mknodAt(-100, at("dev/fifo"), S_IFIFO | 0o640);
  writeFileSync(at("var/read-only/file"), "below a directory without write permission\n");
  if (hasUserAttributes) setUserAttributes(root);
  if (isRoot) makeWhatRootMay(root);
  lutimesSync(at("usr/absolute"), 1_000_000_000, 1_000_000_000);
  utimensAt(-100, at("etc/hostname"), { modifiedNs: 1_234_567_890_123_456_789n });
  utimensAt(-100, at("usr/relative"), { modifiedNs: 1_234_567_890_000_000_001n });
  utimensAt(-100, at("bin/setuid"), { modifiedNs: -1_500_000_000n });
  utimesSync(at("empty"), 5, 5);
  chmodSync(at("var/read-only"), 0o555);
  chmodSync(root, 0o751);
  utimensAt(-100, root, { modifiedNs: 999_999_999_999_999_999n });
}

/** Names that ustar cannot hold, and names that are not UTF-8. */
function makeOddNames(root: string): void {
  const long = "n".repeat(120);
  mkdirSync(join(root, long));
  mkdirSync(join(root, long, long));
  mkdirSync(join(root, long, long, long));
  writeFileSync(join(root, long, long, long, "deep"), "a path of more than 255 bytes\n");
  writeFileSync(join(root, `${"m".repeat(251)}.txt`), "the longest name\n");
  linkSync(join(root, long, long, long, "deep"), join(root, long, "linked"));
  writeFileSync(Buffer.from(`${root}/latin1-\u00fc-\u00ff`, "latin1"), "not UTF-8\n");
  writeFileSync(join(root, "utf-8-ü-☂"), "UTF-8\n");
  writeFileSync(join(root, 'quote" \\ and\nline'), "odd characters\n");
}

function makeSparseFiles(root: string): void {
  const make = (name: string, bytes: number, pieces: readonly (readonly [offset: number, text: string])[]): void => {
    const fd = openSync(join(root, "var", name), "w");
    for (const [offset, text] of pieces) writeSync(fd, text, offset);
    ftruncateSync(fd, bytes);
    closeSync(fd);
  };
  make("sparse-only-hole", 8 * mebibyte, []);
  make("sparse-end-hole", 8 * mebibyte, [[0, "start"]]);
  make("sparse-start-hole", 2 * mebibyte, [[2 * mebibyte - 3, "end"]]);
  // More regions than fit in the header of an old GNU archive, and than in its first extension.
  make(
    "sparse-many",
    64 * mebibyte,
    Array.from({ length: 60 }, (_, index) => [index * mebibyte + 4096, `piece ${index}`]),
  );
}

function setUserAttributes(root: string): void {
  setXattr(join(root, "etc/hostname"), "user.plain", Buffer.from("value"));
  setXattr(join(root, "etc/empty"), "user.bytes", Uint8Array.of(0, 0x0a, 0x3d, 0x80, 0xff, 0xc0));
  setXattr(join(root, "etc/empty"), "user.none", new Uint8Array(0));
  setXattr(join(root, "etc/empty"), "user.with=and%", Buffer.from("odd key"));
  setXattr(join(root, "etc/empty"), "user.large", new Uint8Array(2000).fill(0xee));
  setXattr(join(root, "usr"), "user.directory", Buffer.from("value"));
}

function makeWhatRootMay(root: string): void {
  const at = (name: string): string => join(root, name);
  mknodAt(-100, at("dev/null"), S_IFCHR | 0o666, { major: 1, minor: 3 });
  mknodAt(-100, at("dev/loop"), S_IFBLK | 0o660, { major: 7, minor: 1023 });
  chmodSync(at("dev/null"), 0o666);
  fchownAt(-100, at("dev/null"), 0, 5);
  fchownAt(-100, at("bin/setuid"), 1000, 100_000);
  chmodSync(at("bin/setuid"), 0o6755);
  fchownAt(-100, at("usr/relative"), 12, 34);
  fchownAt(-100, at("sticky"), 4_000_000_000, 7);
  setXattr(at("bin/large"), "security.capability", fileCapability);
  if (!maySetTrusted) return;
  setXattr(at("etc/hostname"), "trusted.overlay.test", Buffer.from("y"));
  setXattr(at("usr/relative"), "trusted.link", Buffer.from("of a link"));
  setXattr(at("dev/fifo"), "trusted.node", Buffer.from("of a FIFO"));
}
