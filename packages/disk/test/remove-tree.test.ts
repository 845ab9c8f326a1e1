import { expect, test } from "bun:test";
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import {
  mkdirAt,
  mknodAt,
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_WRONLY,
  openBeneath,
  removeTree,
  S_IFIFO,
} from "@host-service/disk";
import { temporaryDirectory } from "./temporary.ts";

const directory = temporaryDirectory();

function makeDeep(path: string, levels: number): void {
  mkdirSync(path);
  let fd = openSync(path, O_RDONLY | O_DIRECTORY);
  for (let level = 0; level < levels; level += 1) {
    mkdirAt(fd, "deeper", 0o755);
    closeSync(openBeneath(fd, "file", O_WRONLY | O_CREAT, { mode: 0o600 }));
    const next = openBeneath(fd, "deeper", O_RDONLY | O_DIRECTORY);
    closeSync(fd);
    fd = next;
  }
  closeSync(fd);
}

test("removeTree removes a tree deeper than any path is long", async () => {
  makeDeep(`${directory}/deep`, 2000);
  // Names that it would take itself on the way up.
  mkdirSync(`${directory}/deep/.moved-1`);
  writeFileSync(`${directory}/deep/.moved-2`, "");
  await removeTree(`${directory}/deep`);
  expect(existsSync(`${directory}/deep`)).toBe(false);
});

test("removeTree removes every type of entry and names that are no UTF-8", async () => {
  const path = `${directory}/odd`;
  mkdirSync(path);
  const fd = openSync(path, O_RDONLY | O_DIRECTORY);
  mkdirAt(fd, Uint8Array.of(0xff, 0xfe), 0o755);
  mkdirAt(fd, Uint8Array.of(0xff, 0xfe, 0x2f, 0xc0), 0o755);
  mknodAt(fd, "fifo", S_IFIFO | 0o600);
  symlinkSync("/", `${path}/root`);
  symlinkSync("loop", `${path}/loop`);
  writeFileSync(`${path}/new\nline`, "");
  closeSync(fd);
  await removeTree(path);
  expect(existsSync(path)).toBe(false);
});

test("removeTree removes directories that may not be read, written or searched, without a privilege", async () => {
  const path = `${directory}/closed`;
  for (const [name, mode] of Object.entries({
    none: 0,
    read: 0o400,
    search: 0o100,
    write: 0o200,
    "read-search": 0o500,
  })) {
    mkdirSync(`${path}/${name}/inner/full`, { recursive: true });
    writeFileSync(`${path}/${name}/inner/file`, "");
    chmodSync(`${path}/${name}/inner`, mode);
    chmodSync(`${path}/${name}`, mode);
  }
  chmodSync(path, 0o500);
  const child = Bun.spawn([process.execPath, `${import.meta.dir}/programs/remove-tree.ts`, path], { env: {} });
  expect(await child.exited).toBe(0);
  expect(existsSync(path)).toBe(false);
});

test("removeTree leaves the loop to others meanwhile", async () => {
  const path = `${directory}/large`;
  for (let part = 0; part < 20; part += 1) {
    mkdirSync(`${path}/${part}`, { recursive: true });
    for (let index = 0; index < 200; index += 1) closeSync(openSync(`${path}/${part}/${index}`, "w"));
  }
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  await removeTree(path);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(10);
  expect(existsSync(path)).toBe(false);
});
