// A boot loader with Mender's integration. The order within a change: read, refuse what is not whole, write one batch, read back.
import type { SlotName } from "@host-service/slots";
import type { BootLoader } from "../boot-loader.ts";
import { UpgradeError } from "../error.ts";
import { type Environment, type Variables, change } from "./environment.ts";
import * as mender from "./mender-variables.ts";

/** What every boot loader of this folder is told by its caller. */
export interface SlotPlaces {
  partitions: mender.Partitions;
  /** The slot whose device holds the running root; undefined when it is neither. */
  bootedSlot: () => Promise<SlotName | undefined>;
}

export interface MenderRules {
  usesHex: boolean;
  /** What makes this boot loader go wrong with these variables, as the reason of an error. */
  complain: (variables: Variables) => string | undefined;
}

export function menderLoader(
  environment: Environment,
  { usesHex, complain }: MenderRules,
  { partitions, bootedSlot }: SlotPlaces,
): BootLoader {
  const numbering = { partitions, usesHex };

  async function read(): Promise<Variables> {
    const variables = await environment.read();
    refuse(canaryComplaint(variables));
    return variables;
  }

  async function write(batch: Variables, now: Variables): Promise<void> {
    if ([...batch].every(([name, value]) => mender.isSame(name, now.get(name) ?? "", value))) return;
    await change(environment, batch, mender.isSame);
  }

  return {
    async view() {
      const [variables, booted] = await Promise.all([read(), bootedSlot()]);
      return { booted, next: mender.nextSlot(variables, numbering), isTrial: mender.isTrial(variables) };
    },
    async check() {
      refuse(partitionsComplaint(partitions));
      const variables = await read();
      refuse(partComplaint(variables, numbering) ?? complain(variables));
      environment.checkWritable();
    },
    async tryOnce(slot) {
      await write(mender.tryOnceBatch(slot, partitions), await read());
    },
    async keep(slot) {
      const [now, booted] = await Promise.all([read(), bootedSlot()]);
      if (booted !== slot) throw notRunning(slot, booted);
      await write(mender.keepBatch(slot, numbering, now), now);
    },
    async returnTo(slot) {
      await write(mender.returnToBatch(slot, partitions), await read());
    },
  };
}

/** A commit of what does not run would keep an image that nobody has tried. */
export function notRunning(slot: SlotName, booted: SlotName | undefined): UpgradeError {
  const runs = booted === undefined ? "neither slot runs" : `slot ${booted} runs`;
  return new UpgradeError("unknown-slot", `Cannot keep slot ${slot}: ${runs}`);
}

function refuse(complaint: string | undefined): void {
  if (complaint !== undefined) {
    throw new UpgradeError("boot-environment", `Cannot use the boot environment: ${complaint}`);
  }
}

/** Mender's way to show that what the boot loader saves is what the tools read. */
function canaryComplaint(variables: Variables): string | undefined {
  if (mender.decimal(variables.get("mender_check_saveenv_canary")) !== 1) return undefined;
  if (mender.decimal(variables.get("mender_saveenv_canary")) === 1) return undefined;
  return (
    "mender_saveenv_canary is not 1, so that the boot loader and the tools do not use the same one; " +
    "boot once with a boot loader that saves it, and compare the tools' configuration with the boot loader's"
  );
}

function partComplaint(variables: Variables, numbering: mender.Numbering): string | undefined {
  if (mender.nextSlot(variables, numbering) !== undefined) return undefined;
  const { a, b } = numbering.partitions;
  const names = numbering.usesHex ? [mender.part, mender.partHex] : [mender.part];
  const reads = names.map((name) => `${name} reads ${JSON.stringify(variables.get(name) ?? "")}`).join(" and ");
  return `${reads}, and the slots are partitions ${a} and ${b}; set it to the slot that runs`;
}

function partitionsComplaint({ a, b }: mender.Partitions): string | undefined {
  const isGood = [a, b].every((number) => Number.isInteger(number) && number > 0) && a !== b;
  return isGood ? undefined : `the slots cannot be partitions ${a} and ${b}; set upgrade.slots to two partitions`;
}
