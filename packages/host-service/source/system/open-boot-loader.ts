// From the configuration to what decides which slot boots. The boot hook loads this, and nothing that installs.
import { existsSync } from "node:fs";
import {
  menderBootLoader,
  menderTool,
  openBootLoader,
  partitionNumber,
  raucBootLoader,
  raucTool,
  runningSlot,
  UpgradeError,
} from "@host-service/upgrade/boot";
import type { BootLoader } from "@host-service/upgrade/boot";
import type { BootEnvironment, Pair, UpgradeConfiguration } from "../configuration/upgrade.ts";

/** The boot loader as the back end drives it. Nothing is asked before the first call. */
export function bootLoaderOf(upgrade: UpgradeConfiguration): BootLoader {
  switch (upgrade.backend) {
    case "rauc":
      return raucBootLoader({ tool: raucTool(commandOf(upgrade)), slots: upgrade.devices });
    case "mender":
      return menderBootLoader(menderTool(commandOf(upgrade)), bootEnvironmentOf(upgrade));
    case "partitions":
    case "swupdate":
      return bootEnvironmentOf(upgrade);
  }
}

/** The environment itself, whoever else writes to it. */
export function bootEnvironmentOf(upgrade: Exclude<UpgradeConfiguration, { backend: "rauc" }>): BootLoader {
  const { bootEnvironment, devices } = upgrade;
  const bootedSlot = async () => runningSlot(devices);
  if (bootEnvironment.kind === "systemd-boot") {
    return openBootLoader(bootEnvironment, { bootedSlot, partitions: { a: 0, b: 0 } });
  }
  const { kind, file } = bootEnvironment;
  const choice = { kind, ...(file === undefined ? {} : { file }) };
  return openedAtEachCall(() =>
    openBootLoader(choice, { bootedSlot, partitions: partitionsOf(bootEnvironment, devices) }),
  );
}

/** A device that is missing is an error of the call that needs it, and of no other. */
function openedAtEachCall(open: () => BootLoader): BootLoader {
  return {
    view: async () => await open().view(),
    check: async () => await open().check(),
    tryOnce: async (slot) => await open().tryOnce(slot),
    keep: async (slot) => await open().keep(slot),
    returnTo: async (slot) => await open().returnTo(slot),
  };
}

export function commandOf({ command }: { command: readonly string[] | undefined }): { command?: readonly string[] } {
  return command === undefined ? {} : { command };
}

function partitionsOf(
  { parts }: Exclude<BootEnvironment, { kind: "systemd-boot" }>,
  devices: Pair<string>,
): Pair<number> {
  return parts ?? { a: numberOf(devices.a), b: numberOf(devices.b) };
}

function numberOf(device: string): number {
  const number = partitionNumber(device);
  if (number !== undefined) return number;
  const why = existsSync(device)
    ? "it is no partition with a number; set boot_parts under [upgrade]"
    : 'there is no such device; check "slots" under [upgrade], and the partition table';
  throw new UpgradeError("device", `Cannot use ${JSON.stringify(device)} as a slot: ${why}`);
}
