import { realpathSync, statSync } from "node:fs";
import type { SlotName } from "@host-service/slots";
import { blockDeviceAt, type DeviceNumber, deviceNumber, isAnonymous } from "./device-number.ts";
import { type Mount, mountOf, readMounts } from "./mounts.ts";
import { diskOf, loopBackingPath, partitionOf, slavesOf } from "./sysfs.ts";

/** The block device of each slot, such as `/dev/disk/by-partlabel/root-a`. */
export type SlotPaths = Readonly<Record<SlotName, string>>;

export interface RootOptions {
  /** Where the running root is mounted; `/` where it is not given. */
  root?: string;
}

/**
 * The slot whose device holds the running root: by device number, never by name, also through device-mapper and loop devices.
 * undefined when it is neither or both, or when the kernel does not tell what lies beneath (overlay, tmpfs, network).
 */
export function runningSlot(slots: SlotPaths, options: RootOptions = {}): SlotName | undefined {
  const running = devicesBelow(options.root);
  const [isA, isB] = [isIn(running, slots.a), isIn(running, slots.b)];
  if (isA === isB) return undefined;
  return isA ? "a" : "b";
}

/** The number of a slot's partition in its table, as boot environments want it; undefined for what is no partition. */
export function partitionNumber(path: string): number | undefined {
  const number = blockDeviceAt(path);
  return number === undefined ? undefined : partitionOf(number);
}

/** All devices that the running root lies on, from its own down; a disk does not count for its partition. */
export function devicesBelow(root = "/"): ReadonlySet<DeviceNumber> {
  const mounts = readMounts();
  const found = new Set<DeviceNumber>();
  const visit = (number: DeviceNumber | undefined): void => {
    if (number === undefined || found.has(number)) return;
    found.add(number);
    for (const slave of slavesOf(number)) visit(slave);
    visit(backingOf(number, mounts));
  };
  visit(deviceOfFile(root, mounts));
  return found;
}

/** The same with the disks that they are partitions of: whoever writes one of these writes the running root. */
export function devicesNotToWrite(root?: string): ReadonlySet<DeviceNumber> {
  const below = [...devicesBelow(root)];
  return new Set([...below, ...below.flatMap((number) => diskOf(number) ?? [])]);
}

function isIn(numbers: ReadonlySet<DeviceNumber>, path: string): boolean {
  const number = blockDeviceAt(path);
  return number !== undefined && numbers.has(number);
}

function backingOf(number: DeviceNumber, mounts: readonly Mount[]): DeviceNumber | undefined {
  const path = loopBackingPath(number);
  if (path === undefined) return undefined;
  return blockDeviceAt(path) ?? deviceOfFile(path, mounts);
}

/** The device of the file system that a file lies in. */
function deviceOfFile(path: string, mounts: readonly Mount[]): DeviceNumber | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  const number = deviceNumber(status.dev);
  if (!isAnonymous(number)) return number;
  // btrfs: only the mount says which device it is.
  const source = mountOf(realpathSync(path), mounts)?.source;
  return source?.startsWith("/") === true ? blockDeviceAt(source) : undefined;
}
