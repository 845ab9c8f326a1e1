// A device whose daemon and hook have a loop device as their root, so that they see slot "a" run as they would on a host: by its device
// number. The Mender client, a U-Boot environment and the boot loader's tools are in it; see makeMenderDevice.
import { mkdir } from "node:fs/promises";
import { makeMenderDevice, type MenderDevice, partitionOf } from "@host-service/fixtures";
import { Device } from "./device.ts";
import { program } from "./program.ts";
import { must } from "./run.ts";

export interface RootOnSlot {
  device: Device;
  inside: MenderDevice;
  slots: { a: string; b: string };
  /** The numbers that the boot environment knows the slots by. */
  parts: { a: number; b: number };
  /** What is below, with a configuration that names the slots and U-Boot's environment beside these lines of [upgrade]. */
  start: (upgrade: readonly string[]) => Promise<void>;
}

export const deviceType = "edge-x1";
/** Debian packages' programs that it takes. */
export const rootOnSlotPrograms = ["mender", "fw_setenv", "mkfs.ext4", "chroot"];

export async function withRootOnSlot(
  { slotBytes, programs = [] }: { slotBytes: number; programs?: readonly string[] },
  story: (parts: RootOnSlot) => Promise<void>,
): Promise<void> {
  const device = await Device.make();
  let inside: MenderDevice | undefined;
  try {
    inside = makeMenderDevice({ directory: device.directory, deviceType, slotBytes });
    const { slots, root } = inside;
    // Everything but a script that starts from sources.
    for (const path of [...program("host-service"), ...programs]) inside.bring(path);
    const devices = { a: slots.a.device, b: slots.b.device };
    const parts = { a: partitionOf(devices.a), b: partitionOf(devices.b) };
    const start = async (upgrade: readonly string[]) => {
      await device.configure({
        upgrade: [
          `slots = ${JSON.stringify([devices.a, devices.b])}`,
          'boot_environment = "u-boot"',
          `boot_parts = ${JSON.stringify([parts.a, parts.b])}`,
          ...upgrade,
        ],
      });
      await mkdir(device.paths.stateDirectory, { mode: 0o700 });
      await must(["chroot", root, ...device.bootCommand()]);
      await device.startDaemon({ wrapper: ["chroot", root] });
    };
    await story({ device, inside, slots: devices, parts, start });
  } finally {
    await device.killDaemon().catch(() => undefined);
    inside?.end();
    await device.cleanUp();
  }
}
