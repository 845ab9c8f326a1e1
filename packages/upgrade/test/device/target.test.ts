import { expect, test } from "bun:test";
import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { openTarget } from "../../source/device/target.ts";
import { UpgradeError } from "../../source/index.ts";
import { makeLoopDisk, mebibyte, skipWithoutLoop } from "../kit/loop-disk.ts";
import { mounted } from "../kit/mounted.ts";
import { openFiles } from "../kit/processes.ts";
import { run } from "../kit/run.ts";

const isSkipped = skipWithoutLoop();

interface Slots {
  a: string;
  b: string;
}

/** Slot b is refused, and nothing stays open. */
async function refused(slots: Slots, root?: string): Promise<string> {
  const before = openFiles();
  const error = await openTarget(slots, "b", root === undefined ? {} : { root }).then(
    async (target) => {
      await target.close();
      throw new Error("Cannot refuse: it was opened");
    },
    (reason: unknown) => reason,
  );
  expect(openFiles()).toEqual(before);
  if (!(error instanceof UpgradeError)) throw error;
  expect(error.kind).toBe("device");
  return error.message;
}

const why = (path: string, reason: string): string => `Cannot use "${path}" as slot b: ${reason}`;

test.skipIf(isSkipped)(
  "openTarget gives the device with its size, past the page cache and for nobody else",
  async () => {
    using disk = makeLoopDisk({ slotBytes: 5 * mebibyte });
    const target = await openTarget(disk.slots, "b");
    expect({ bytes: target.bytes, sector: target.logicalBlockBytes }).toEqual({ bytes: 5 * mebibyte, sector: 512 });
    expect(fstatSync(target.fd).rdev).toBe(statSync(disk.slots.b).rdev);
    expect(() => openSync(disk.slots.b, constants.O_RDWR | constants.O_EXCL)).toThrow("EBUSY");
    await target.close();
    closeSync(openSync(disk.slots.b, constants.O_RDWR | constants.O_EXCL));
  },
);

const noSlots: Record<string, string> = {
  "/dev/disk/by-partlabel/root-nowhere":
    'there is no such device; check "slots" under [upgrade], and the partition table',
  "/tmp": "it is no block device; give the path of a partition",
  "/dev/null": "it is no block device; give the path of a partition",
};

for (const [path, reason] of Object.entries(noSlots)) {
  test(`openTarget refuses ${path}`, async () => {
    expect(await refused({ a: "/dev/zero", b: path })).toBe(why(path, reason));
  });
}

test.skipIf(isSkipped)("openTarget refuses a slot that is the other one too", async () => {
  using disk = makeLoopDisk();
  const { b } = disk.slots;
  expect(await refused({ a: b, b })).toBe(why(b, 'slot a is the same device; correct "slots" under [upgrade]'));
});

test.skipIf(isSkipped)("openTarget refuses what holds the running root, and the disk of it", async () => {
  using disk = makeLoopDisk();
  const { a, b } = disk.slots;
  run(["mkfs.ext4", "-q", b]);
  using root = mounted(b);
  expect(await refused(disk.slots, root.path)).toBe(why(b, "it holds the running root file system"));
  const whole = { a, b: disk.device };
  expect(await refused(whole, root.path)).toBe(why(disk.device, "it holds the running root file system"));
});

test.skipIf(isSkipped)("openTarget refuses what is mounted, and says where", async () => {
  using disk = makeLoopDisk();
  const { a, b } = disk.slots;
  run(["mkfs.ext4", "-q", b]);
  using mount = mounted(b);
  const reason = `it is mounted at "${mount.path}"; unmount it and try again`;
  expect(await refused(disk.slots)).toBe(why(b, reason));
  expect(await refused({ a, b: disk.device })).toBe(why(disk.device, reason));
});

test.skipIf(isSkipped)("openTarget refuses what is mounted where we cannot see it", async () => {
  using disk = makeLoopDisk();
  const { b } = disk.slots;
  run(["mkfs.ext4", "-q", b]);
  const hidden = Bun.spawn(["unshare", "--mount", "sh", "-c", `mount ${b} /mnt && echo mounted && read -r _`], {
    stdin: "pipe",
    stdout: "pipe",
  });
  const first = await hidden.stdout[Symbol.asyncIterator]().next();
  expect(new TextDecoder().decode(first.value)).toBe("mounted\n");
  const message = await refused(disk.slots);
  await hidden.stdin.end();
  await hidden.exited;
  const reason =
    "another program uses it, or it is mounted in another namespace (EBUSY); see fuser and /proc/*/mountinfo";
  expect(message).toBe(why(b, reason));
});

test.skipIf(isSkipped)("openTarget refuses what another loop device shows, which claims nothing", async () => {
  using disk = makeLoopDisk();
  const { b } = disk.slots;
  const loop = run(["losetup", "--find", "--show", b]).trim();
  const message = await refused(disk.slots);
  run(["losetup", "--detach", loop]);
  expect(message).toBe(why(b, `it is in use by ${loop.slice("/dev/".length)}; release it and try again`));
});

test.skipIf(isSkipped)("openTarget refuses what another program has for itself", async () => {
  using disk = makeLoopDisk();
  const { b } = disk.slots;
  const fd = openSync(b, constants.O_RDONLY | constants.O_EXCL);
  const message = await refused(disk.slots);
  closeSync(fd);
  expect(message).toContain("(EBUSY)");
});

test.skipIf(isSkipped)("openTarget refuses what is read-only", async () => {
  using disk = makeLoopDisk();
  const { b } = disk.slots;
  run(["blockdev", "--setro", b]);
  const reason = "it is read-only; see blockdev --setrw and a write-protect switch";
  expect(await refused(disk.slots)).toBe(why(b, reason));
});
