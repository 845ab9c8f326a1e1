import { statSync } from "node:fs";

/** "8:2": how the kernel names a block device in /sys and in mountinfo. */
export type DeviceNumber = string;

/** From what stat(2) answers: new_encode_dev() of linux/kdev_t.h, twelve bits for the major and twenty for the minor. */
export function deviceNumber(device: number): DeviceNumber {
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xf_ff00);
  return `${major}:${minor}`;
}

/** File systems that lie on no single device (btrfs, overlay, tmpfs) have numbers with the major 0. */
export function isAnonymous(number: DeviceNumber): boolean {
  return number.startsWith("0:");
}

/** Of the device that a path names, through links; undefined where it names none. */
export function blockDeviceAt(path: string): DeviceNumber | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  return status?.isBlockDevice() === true ? deviceNumber(status.rdev) : undefined;
}
