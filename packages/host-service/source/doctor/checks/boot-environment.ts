// What decides which slot of the host boots, where [upgrade] is configured.
import { stat } from "node:fs/promises";
import type { Finding } from "@host-service/protocol";
import type { Configuration } from "../../configuration/configuration.ts";
import { bootLoaderOf } from "../../system/open-boot-loader.ts";
import { ok, problem, reasonOf } from "../finding.ts";

export async function examineBootEnvironment({ upgrade }: Configuration): Promise<Finding[]> {
  if (upgrade === undefined) return [ok("upgrades of the host", "no [upgrade] is configured")];
  const slots = await Promise.all((["a", "b"] as const).map((slot) => examineSlot(slot, upgrade.devices[slot])));
  return [...slots, await examineLoader(upgrade)];
}

async function examineSlot(slot: string, device: string): Promise<Finding> {
  const check = `slot ${slot}`;
  const found = await stat(device).catch((error: unknown) => reasonOf(error));
  const next = 'correct "slots" under [upgrade], or the partition table';
  if (typeof found === "string") return problem(check, `"${device}" cannot be looked at (${found})`, next);
  if (!found.isBlockDevice()) return problem(check, `"${device}" is no block device`, next);
  return ok(check, `"${device}"`);
}

async function examineLoader(upgrade: NonNullable<Configuration["upgrade"]>): Promise<Finding> {
  const check = "boot environment";
  try {
    const loader = bootLoaderOf(upgrade);
    const { booted, next, isTrial } = await loader.view();
    if (booted === undefined) {
      const message = "the root file system that runs is on neither slot";
      return problem(
        check,
        message,
        'correct "slots" under [upgrade]; on an overlay or a network there are no upgrades',
      );
    }
    if (next === undefined) {
      const message = "the boot loader names neither slot as the next";
      return problem(check, message, `set its environment to start slot ${booted}, which runs`);
    }
    await loader.check();
    const trial = isTrial === true ? ", with a trial open" : "";
    return ok(check, `slot ${booted} runs, slot ${next} is next${trial}`);
  } catch (error) {
    return problem(
      check,
      reasonOf(error),
      'see whether its tool works by hand, and "boot_environment" under [upgrade]',
    );
  }
}
