// The one device that is written. Everything that can be known is checked before it is opened; that nobody else has it is left to
// the kernel (O_EXCL), which also knows of mounts in other namespaces.
import { close, fstatSync, open, statSync } from "node:fs";
import { promisify } from "node:util";
import { logicalBlockBytes, O_CLOEXEC, O_DIRECT, O_EXCL, O_RDWR, seek } from "@host-service/disk";
import type { SlotName } from "@host-service/slots";
import { UpgradeError } from "../error.ts";
import { codeOf, systemReason } from "../system-error.ts";
import { type DeviceNumber, deviceNumber } from "./device-number.ts";
import { readMounts } from "./mounts.ts";
import { devicesNotToWrite, type RootOptions, type SlotPaths } from "./running-root.ts";
import { diskOf, isReadOnly, usersOf } from "./sysfs.ts";

export interface Target {
  /** Open for writing past the page cache, and nobody else has it; also while only a child holds it. */
  readonly fd: number;
  readonly bytes: number;
  readonly logicalBlockBytes: number;
  readonly close: () => Promise<void>;
}

const openDevice = promisify(open);
const closeDevice = promisify(close);

/** Opens the device of a slot that does not run, to be written. Throws UpgradeError "device"; nothing has changed then. */
export async function openTarget(slots: SlotPaths, slot: SlotName, options: RootOptions = {}): Promise<Target> {
  const path = slots[slot];
  const number = findDevice(path, slot);
  const other = statSync(slots[slot === "a" ? "b" : "a"], { throwIfNoEntry: false });
  if (other?.isBlockDevice() === true && deviceNumber(other.rdev) === number) {
    throw unusable(path, slot, `slot ${slot === "a" ? "b" : "a"} is the same device; correct "slots" under [upgrade]`);
  }
  checkUnused(number, { path, slot, root: options.root });
  const fd = await openDevice(path, O_RDWR | O_EXCL | O_DIRECT | O_CLOEXEC).catch((error: unknown) => {
    throw unusable(path, slot, reasonNotOpened(error), error);
  });
  try {
    // The path may lead elsewhere by now.
    if (deviceNumber(fstatSync(fd).rdev) !== number) throw unusable(path, slot, "it has just changed; try again");
    const bytes = seek(fd, 0, "end");
    if (bytes === 0) throw unusable(path, slot, "it has no bytes; check the partition table");
    return { fd, bytes, logicalBlockBytes: logicalBlockBytes(fd), close: () => closeDevice(fd) };
  } catch (error) {
    await closeDevice(fd);
    throw error;
  }
}

function findDevice(path: string, slot: SlotName): DeviceNumber {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) {
    throw unusable(path, slot, 'there is no such device; check "slots" under [upgrade], and the partition table');
  }
  if (!status.isBlockDevice()) throw unusable(path, slot, "it is no block device; give the path of a partition");
  return deviceNumber(status.rdev);
}

interface Use {
  readonly path: string;
  readonly slot: SlotName;
  readonly root: string | undefined;
}

function checkUnused(number: DeviceNumber, { path, slot, root }: Use): void {
  if (devicesNotToWrite(root).has(number)) throw unusable(path, slot, "it holds the running root file system");
  const mounted = readMounts().find((mount) => isOn(mount, number));
  if (mounted !== undefined) {
    throw unusable(path, slot, `it is mounted at ${JSON.stringify(mounted.mountPoint)}; unmount it and try again`);
  }
  const [user] = usersOf(number);
  if (user !== undefined) throw unusable(path, slot, `it is in use by ${user}; release it and try again`);
  if (isReadOnly(number))
    throw unusable(path, slot, "it is read-only; see blockdev --setrw and a write-protect switch");
}

/** btrfs mounts have a number of their own, and the device as their source. */
function isOn({ device, source }: { device: DeviceNumber; source: string }, number: DeviceNumber): boolean {
  if (device === number || diskOf(device) === number) return true;
  if (!source.startsWith("/dev/")) return false;
  const status = statSync(source, { throwIfNoEntry: false });
  return status?.isBlockDevice() === true && deviceNumber(status.rdev) === number;
}

function reasonNotOpened(error: unknown): string {
  if (codeOf(error) === "EBUSY") {
    return "another program uses it, or it is mounted in another namespace (EBUSY); see fuser and /proc/*/mountinfo";
  }
  return systemReason(error);
}

function unusable(path: string, slot: SlotName, why: string, cause?: unknown): UpgradeError {
  return new UpgradeError("device", `Cannot use ${JSON.stringify(path)} as slot ${slot}: ${why}`, { cause });
}
