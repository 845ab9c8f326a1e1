import { statSync } from "node:fs";

/** "8:2": how the kernel names a block device in /sys and in mountinfo. */
export type DeviceNumber = string;

/** From what stat(2) answers: glibc's makedev(3) keeps the low and the high bits of both numbers apart. */
export function deviceNumber(device: number): DeviceNumber {
  const number = BigInt(device);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn);
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
