// How a story of this tier is told: on a device of its own, which is taken away at the end, and with the journal where it goes wrong.
import { needsRoot, needsTools, testUnless } from "../../kit/requirements.ts";
import { SystemdDevice } from "./device.ts";
import { deviceTree } from "./trees.ts";

const tools = "systemd-nspawn nsenter unshare setpriv mmdebstrap tar zstd xz".split(" ");
const reason = needsRoot() ?? needsTools(...tools);
const tree = reason === undefined ? await deviceTree() : undefined;
const missing = reason ?? (tree === undefined ? "it needs a Debian root file system, which cannot be made" : undefined);

/** A test that needs a device with a real systemd. */
export function onSystemd(name: string, story: () => Promise<void>): void {
  testUnless([missing], name, story);
}

/** A device that was booted, with nothing of ours on it. */
export async function onPlainDevice(story: (device: SystemdDevice) => Promise<void>): Promise<void> {
  const device = await SystemdDevice.make([theTree()]);
  try {
    await device.boot();
    await story(device);
  } catch (error) {
    await tellJournal(device);
    throw error;
  } finally {
    await device.remove();
  }
}

/** The root file system of a device. */
export function theTree(): string {
  if (tree === undefined) throw new Error(`Cannot make a device: ${missing}`);
  return tree;
}

export async function tellJournal(device: SystemdDevice): Promise<void> {
  if (device.isUp) console.error(await device.journal("--lines=150"));
}
