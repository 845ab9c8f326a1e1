// What the kernel tells of a block device: Documentation/ABI/stable/sysfs-block.
import { readdirSync, readFileSync } from "node:fs";
import { codeOf } from "../system-error.ts";
import { blockDeviceAt, type DeviceNumber } from "./device-number.ts";

/** The devices that this one is made of (device-mapper, md). */
export function slavesOf(number: DeviceNumber): DeviceNumber[] {
  return entriesOf(`${folderOf(number)}/slaves`).flatMap(
    (name) => attribute(`${folderOf(number)}/slaves/${name}/dev`) ?? [],
  );
}

/** The file or device that a loop device shows, by the path that it had when the loop was made. */
export function loopBackingPath(number: DeviceNumber): string | undefined {
  return attribute(`${folderOf(number)}/loop/backing_file`);
}

/** The whole disk that this is a partition of. */
export function diskOf(number: DeviceNumber): DeviceNumber | undefined {
  if (partitionOf(number) === undefined) return undefined;
  return attribute(`${folderOf(number)}/../dev`);
}

/** The number in the partition table; undefined for what is no partition of the kernel's. */
export function partitionOf(number: DeviceNumber): number | undefined {
  const text = attribute(`${folderOf(number)}/partition`);
  return text === undefined ? undefined : Number(text);
}

export function isReadOnly(number: DeviceNumber): boolean {
  return attribute(`${folderOf(number)}/ro`) === "1";
}

/** What is made of this device: `dm-0 (root)`, `md0`, `loop3`. */
export function usersOf(number: DeviceNumber): string[] {
  const holders = entriesOf(`${folderOf(number)}/holders`).map((name) => {
    const title = attribute(`/sys/class/block/${name}/dm/name`);
    return title === undefined ? name : `${name} (${title})`;
  });
  // A loop device over another device does not claim it, and is nobody's holder.
  const loops = entriesOf("/sys/class/block").filter((name) => {
    const path = name.startsWith("loop") ? attribute(`/sys/class/block/${name}/loop/backing_file`) : undefined;
    return path !== undefined && blockDeviceAt(path) === number;
  });
  return [...holders, ...loops];
}

function folderOf(number: DeviceNumber): string {
  return `/sys/dev/block/${number}`;
}

function attribute(path: string): string | undefined {
  return ifThere(() => readFileSync(path, "utf8").trimEnd());
}

function entriesOf(path: string): string[] {
  return ifThere(() => readdirSync(path)) ?? [];
}

/** Devices come and go, and not every kind has every attribute. */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENODEV" || code === "ENXIO") return undefined;
    throw error;
  }
}
