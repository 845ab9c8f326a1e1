import { open } from "node:fs/promises";
import { UpgradeError } from "../error.ts";
import { systemReason } from "../system-error.ts";

/**
 * Whatever a tool left in the page cache is on the device when this resolves. RAUC and Mender sync what they wrote; SWUpdate's raw
 * handler closes the device and leaves the rest to the kernel.
 */
export async function syncDevice(device: string, action: string): Promise<void> {
  try {
    const file = await open(device, "r");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    const why = `what was written cannot be synced: ${systemReason(error)}`;
    throw new UpgradeError("io", `${action}: ${why}`, { cause: error });
  }
}
