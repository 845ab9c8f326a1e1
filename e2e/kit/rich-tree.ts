// A tree with everything that a tar keeps and that an unpacker can get wrong. Made by root only.
import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  closeSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { ftruncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setXattr } from "@host-service/disk";
import { must } from "./run.ts";

/** A capability (cap_net_raw=ep) whose bytes are no UTF-8, as vfs_cap_data of revision 2 (linux/capability.h). */
const capability = Uint8Array.from([1, 0, 0, 2, 0, 0x20, 0, 0, 0xc0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

export async function addRichEntries(root: string): Promise<void> {
  const at = (name: string) => join(root, "rich", name);
  mkdirSync(at("dir/deep"), { recursive: true });
  for (const [name, mode] of [
    ["setuid", 0o4755],
    ["setgid", 0o2755],
    ["none", 0],
    ["all", 0o777],
  ] as const) {
    writeFileSync(at(name), `${name}\n`);
    chownSync(at(name), 12345, 54321);
    chmodSync(at(name), mode);
  }
  writeFileSync(at("one"), "the same file\n");
  linkSync(at("one"), at("two"));
  linkSync(at("one"), at("dir/deep/three"));
  symlinkSync("/etc/os-release", at("absolute-link"));
  symlinkSync("nowhere/at all", at("dangling-link"));
  linkSync(at("dangling-link"), at("dangling-link-again"));
  lchownSync(at("absolute-link"), 1, 2);
  lutimesSync(at("absolute-link"), 1_000_000_000.123456, 1_000_000_000.123456);
  await must(["mkfifo", "-m", "0640", at("fifo")]);
  await must(["mknod", "-m", "0600", at("character"), "c", "1", "3"]);
  await must(["mknod", "-m", "0660", at("block"), "b", "7", "200"]);
  writeFileSync(at("capable"), "#!/bin/sh\n", { mode: 0o755 });
  setXattr(at("capable"), "security.capability", capability);
  setXattr(at("capable"), "user.note", new TextEncoder().encode("for a person"));
  setXattr(at("dir"), "user.empty", new Uint8Array(0));
  const long = `${"a-long-name-".repeat(20)}end`;
  mkdirSync(at(`${long}/${long}`), { recursive: true });
  writeFileSync(at(`${long}/${long}/file`), "far down\n");
  symlinkSync(`../${"x/".repeat(120)}target`, at("long-target"));
  writeFileSync(at("ünïcode-名前"), "names are bytes\n");
  writeFileSync(Buffer.concat([Buffer.from(at("latin-")), Buffer.from([0xe9])]), "and not always UTF-8\n");
  writeFileSync(at("with\nline"), "");
  writeSparse(at("sparse"));
  for (const name of ["one", "setuid", "dir/deep", "dir", long])
    utimesSync(at(name), 1_234_567_890.987654, 1_234_567_890.987654);
  // Nobody may read or enter it, and its time is before the epoch of most machines.
  mkdirSync(at("closed"));
  writeFileSync(at("closed/file"), "");
  chmodSync(at("closed"), 0);
  utimesSync(at("closed"), 1, 1);
}

function writeSparse(path: string): void {
  const fd = openSync(path, "w");
  writeSync(fd, "begin", 0);
  writeSync(fd, "middle", 3 * 1024 * 1024);
  ftruncateSync(fd, 8 * 1024 * 1024);
  closeSync(fd);
}
