// How a story of this tier is told: on a device of its own, which is taken away at the end, and with the journal where it goes wrong.
import { needsRoot, needsTools, testUnless } from "../../kit/requirements.ts";
import { SystemdDevice } from "./device.ts";
import { needsEnclosure } from "./enclosure.ts";
import { installedOn } from "./software.ts";
import { deviceTree, newerTree } from "./trees.ts";

const noTree = "it needs a Debian root file system, which cannot be made";
const tools = "systemd-nspawn nsenter unshare setpriv mmdebstrap tar zstd xz".split(" ");
const reason = needsRoot() ?? needsTools(...tools);
const tree = reason === undefined ? await deviceTree() : undefined;
const missing = reason ?? (tree === undefined ? noTree : await needsEnclosure(tree));

export interface DeviceWishes {
  /** Of /etc/host-service/config.toml. */
  configuration?: string;
  /** A later one than the device's own: whoever wishes it asks `needsNewerSystemd` first. */
  isNewer?: boolean;
  /** What is done before it is switched on for the first time. */
  prepare?: (device: SystemdDevice) => Promise<void>;
}

/** False where the stories of this tier are skipped. */
export const isSystemdHere = missing === undefined;

/** A test that needs a device with a real systemd; `reasons` are further ones for which it cannot run here. */
export function onSystemd(name: string, story: () => Promise<void>, ...reasons: (string | undefined)[]): void {
  testUnless([missing, ...reasons], name, story);
}

let newer: Promise<string | undefined> | undefined;

/** The reason for which there is no device with a later systemd. */
export async function needsNewerSystemd(): Promise<string | undefined> {
  if (missing !== undefined) return missing;
  newer ??= newerTree();
  return (await newer) === undefined ? "it needs a Debian 13 root file system, which cannot be made" : undefined;
}

/** A device that was booted, with nothing of ours on it. */
export async function onPlainDevice(story: (device: SystemdDevice) => Promise<void>): Promise<void> {
  await tell(tree, [], undefined, story);
}

/** A device with our package, booted. */
export async function onDevice(
  { configuration = "", isNewer = false, prepare }: DeviceWishes,
  story: (device: SystemdDevice) => Promise<void>,
): Promise<void> {
  const base = isNewer ? await newer : tree;
  const layer = base === undefined ? [] : [await installedOn(base)];
  const prepareAll = async (device: SystemdDevice) => {
    await device.write("/etc/host-service/config.toml", configuration);
    await prepare?.(device);
  };
  await tell(base, layer, prepareAll, story);
}

async function tell(
  base: string | undefined,
  layers: readonly string[],
  prepare: ((device: SystemdDevice) => Promise<void>) | undefined,
  story: (device: SystemdDevice) => Promise<void>,
): Promise<void> {
  if (base === undefined) throw new Error(`Cannot make a device: ${missing ?? "there is no tree"}`);
  const device = await SystemdDevice.make([...layers, base]);
  try {
    await prepare?.(device);
    await device.boot();
    await story(device);
  } catch (error) {
    await tellJournal(device);
    throw error;
  } finally {
    await device.remove();
  }
}

async function tellJournal(device: SystemdDevice): Promise<void> {
  if (device.isUp) console.error(await device.journal("--lines=150"));
}
