import { expect, test } from "bun:test";
import { closeSync, existsSync, openSync, readFileSync, readSync, readdirSync, rmSync, writeSync } from "node:fs";
import { alignedMemory, logicalBlockBytes, O_CREAT, O_DIRECT, O_RDWR } from "@host-service/disk";
import { addressOf } from "../source/system-call.ts";
import { outcomeOf, skipUnlessRoot, temporaryDirectory } from "./temporary.ts";

for (const bytes of [1, 512, 4095, 4096, 2 * 1024 * 1024]) {
  test(`alignedMemory of ${bytes} bytes begins with a page`, () => {
    const memory = alignedMemory(bytes);
    expect([memory.byteLength, addressOf(memory) % 4096]).toEqual([bytes, 0]);
  });
}

test("alignedMemory goes past the page cache and back", () => {
  // Not on a tmpfs of old kernels, which have no O_DIRECT there.
  const path = `${temporaryDirectory()}/direct`;
  const fd = openSync(path, O_RDWR | O_CREAT | O_DIRECT, 0o600);
  const given = alignedMemory(8192).fill(0xa5);
  const found = alignedMemory(8192);
  expect([writeSync(fd, given, 0, 8192, 0), readSync(fd, found, 0, 8192, 0)]).toEqual([8192, 8192]);
  expect(Buffer.from(found).equals(given)).toBe(true);
  closeSync(fd);
  rmSync(path);
});

test("logicalBlockBytes is for block devices", () => {
  const fd = openSync("/dev/null", "r");
  expect(outcomeOf(() => logicalBlockBytes(fd))).toEqual({ kind: "system-call", code: "ENOTTY" });
  closeSync(fd);
});

/** Loop devices come and go with what else runs here. */
const device = readdirSync("/sys/block").find((name) => !name.startsWith("loop") && existsSync(`/dev/${name}`));
if (device === undefined) console.log("skipped: the sector size of a device: there is no block device");

test.skipIf(skipUnlessRoot("the sector size of a device") || device === undefined)(
  "logicalBlockBytes is what /sys says",
  () => {
    const fd = openSync(`/dev/${device}`, "r");
    expect(logicalBlockBytes(fd)).toBe(Number(readFileSync(`/sys/block/${device}/queue/logical_block_size`, "utf8")));
    closeSync(fd);
  },
);
