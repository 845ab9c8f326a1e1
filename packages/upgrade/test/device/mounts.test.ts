import { expect, test } from "bun:test";
import { mountOf, parseMounts } from "../../source/device/mounts.ts";

const text = `22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/loop0p2 rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
40 22 0:41 /@home /home rw shared:3 master:1 - btrfs /dev/mapper/data rw,subvol=/@home
41 22 8:1 / /media/a\\040b\\134c rw - vfat /dev/sda1 rw
42 22 8:2 / /home rw - ext4 /dev/sda2 rw
broken line
`;

test("parseMounts reads every whole line, with and without optional fields, and plain names", () => {
  expect(parseMounts(text)).toEqual([
    { device: "259:1", mountPoint: "/", type: "ext4", source: "/dev/loop0p2" },
    { device: "0:21", mountPoint: "/proc", type: "proc", source: "proc" },
    { device: "0:41", mountPoint: "/home", type: "btrfs", source: "/dev/mapper/data" },
    { device: "8:1", mountPoint: "/media/a b\\c", type: "vfat", source: "/dev/sda1" },
    { device: "8:2", mountPoint: "/home", type: "ext4", source: "/dev/sda2" },
  ]);
});

const owners: Record<string, string> = {
  "/": "259:1",
  "/homestead": "259:1",
  "/proc/1": "0:21",
  // The later mount hides the earlier one.
  "/home": "8:2",
  "/home/user/x": "8:2",
  "/media/a b\\c/d": "8:1",
};

for (const [path, device] of Object.entries(owners)) {
  test(`mountOf: ${path} lies on ${device}`, () => {
    expect(mountOf(path, parseMounts(text))?.device).toBe(device);
  });
}
