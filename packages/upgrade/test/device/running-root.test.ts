import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { partitionNumber, runningSlot } from "@host-service/upgrade/boot";
import { deviceNumber } from "../../source/device/device-number.ts";
import { devicesBelow, devicesNotToWrite } from "../../source/device/running-root.ts";
import { makeLoopDisk, mebibyte, skipWithoutLoop } from "../kit/loop-disk.ts";
import { mounted } from "../kit/mounted.ts";
import { run, tryRun } from "../kit/run.ts";

const isSkipped = skipWithoutLoop();
const directory = mkdtempSync(join(tmpdir(), "upgrade-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

for (const slot of ["a", "b"] as const) {
  test.skipIf(isSkipped)(`runningSlot is ${slot} where its partition holds the root, whatever it is called`, () => {
    using disk = makeLoopDisk();
    run(["mkfs.ext4", "-q", disk.slots[slot]]);
    const link = join(disk.directory, "root-by-label");
    symlinkSync(disk.slots[slot], link);
    using root = mounted(disk.slots[slot]);
    expect(runningSlot({ ...disk.slots, [slot]: link }, { root: root.path })).toBe(slot);
  });
}

test.skipIf(isSkipped)("runningSlot goes through a loop device over a partition, and over a file in one", () => {
  using disk = makeLoopDisk();
  const loop = run(["losetup", "--find", "--show", disk.slots.b]).trim();
  try {
    run(["mkfs.ext4", "-q", loop]);
    using root = mounted(loop);
    expect(runningSlot(disk.slots, { root: root.path })).toBe("b");
    const file = join(root.path, "root.img");
    run(["truncate", "--size=4M", file]);
    run(["mkfs.ext4", "-q", file]);
    using inner = mounted(file, "loop");
    expect(runningSlot(disk.slots, { root: inner.path })).toBe("b");
  } finally {
    run(["losetup", "--detach", loop]);
  }
});

const hasBtrfs = !isSkipped && Bun.which("mkfs.btrfs", { PATH: "/usr/sbin:/sbin:/usr/bin:/bin" }) !== null;
if (!hasBtrfs) console.log("skipped: the root on btrfs takes root and btrfs-progs");
test.skipIf(!hasBtrfs)("runningSlot finds the partition of btrfs, whose device number is no device's", () => {
  using disk = makeLoopDisk({ slotBytes: 128 * mebibyte });
  run(["mkfs.btrfs", "--quiet", disk.slots.a]);
  using root = mounted(disk.slots.a);
  expect(statSync(root.path).dev).not.toBe(statSync(disk.slots.a).rdev);
  expect(runningSlot(disk.slots, { root: root.path })).toBe("a");
});

test.skipIf(isSkipped)("runningSlot does not guess on overlay and tmpfs", () => {
  using disk = makeLoopDisk();
  run(["mkfs.ext4", "-q", disk.slots.a]);
  using lower = mounted(disk.slots.a);
  using memory = mounted("tmpfs", "", "tmpfs");
  expect(runningSlot(disk.slots, { root: memory.path })).toBeUndefined();
  for (const name of ["upper", "work"]) mkdirSync(join(memory.path, name));
  const options = `lowerdir=${lower.path},upperdir=${memory.path}/upper,workdir=${memory.path}/work`;
  using overlay = mounted("overlay", options, "overlay");
  expect(runningSlot(disk.slots, { root: overlay.path })).toBeUndefined();
});

test.skipIf(isSkipped)("runningSlot is neither where the root is elsewhere, and both where both are one", () => {
  using disk = makeLoopDisk();
  run(["mkfs.ext4", "-q", disk.slots.a]);
  using root = mounted(disk.slots.a);
  expect(runningSlot(disk.slots)).toBeUndefined();
  expect(runningSlot({ a: disk.slots.a, b: disk.slots.a }, { root: root.path })).toBeUndefined();
  expect(runningSlot({ a: "/nowhere", b: disk.slots.a }, { root: root.path })).toBe("b");
});

test("devicesBelow begins with the device of the root of this machine, where it has one", () => {
  const number = deviceNumber(statSync("/").dev);
  if (number.startsWith("0:")) console.log("skipped: the root of this machine lies on no device of its own");
  else expect([...devicesBelow()][0]).toBe(number);
});

test.skipIf(isSkipped)("devicesNotToWrite has the disk of the partition as well", () => {
  using disk = makeLoopDisk();
  run(["mkfs.ext4", "-q", disk.slots.a]);
  using root = mounted(disk.slots.a);
  const numbers = devicesNotToWrite(root.path);
  expect(
    [disk.slots.a, disk.slots.b, disk.device].map((path) => numbers.has(deviceNumber(statSync(path).rdev))),
  ).toEqual([true, false, true]);
});

test.skipIf(isSkipped)("partitionNumber is the number in the table; a disk and what is not there have none", () => {
  using disk = makeLoopDisk();
  const paths = [disk.slots.a, disk.slots.b, disk.device, "/dev/null", "/nowhere"];
  expect(paths.map(partitionNumber)).toEqual([1, 2, undefined, undefined, undefined]);
  expect(tryRun(["test", "-b", disk.slots.a])).toBe(true);
});
