import { Device } from "./device.ts";
import type { DeviceOptions } from "./device.ts";

/** Tells a story on a device whose daemon runs, and takes the device away; what the daemon said is shown where the story failed. */
export async function onDevice(story: (device: Device) => Promise<void>, options: DeviceOptions = {}): Promise<void> {
  await onNewDevice(async (device) => {
    await device.boot();
    await device.startDaemon();
    await story(device);
  }, options);
}

/** The same on a device that was never booted. */
export async function onNewDevice(
  story: (device: Device) => Promise<void>,
  options: DeviceOptions = {},
): Promise<void> {
  const device = await Device.make(options);
  try {
    await story(device);
  } catch (error) {
    console.error(`The daemon's log:\n${await device.log()}`);
    throw error;
  } finally {
    await device.cleanUp();
  }
}
