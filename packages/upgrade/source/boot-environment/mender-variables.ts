// What Mender's variables say and what each change writes. Boot loaders with Mender's integration know these names and no others.
import type { SlotName } from "@host-service/slots";
import type { Variables } from "./environment.ts";

/** The number of each slot's partition, as the kernel and the boot loader count them. */
export type Partitions = Readonly<Record<SlotName, number>>;

export interface Numbering {
  partitions: Partitions;
  /** U-Boot loads by the hexadecimal number and names the root by the other. GRUB knows only the decimal one, and changes only that. */
  usesHex: boolean;
}

export const part = "mender_boot_part";
export const partHex = "mender_boot_part_hex";
export const flag = "upgrade_available";
export const bootCount = "bootcount";

export function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

export function hexadecimal(text: string | undefined): number | undefined {
  return text !== undefined && /^(?:0x)?[\da-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** The slot that starts next; undefined where the numbers are of no slot, or of two. */
export function nextSlot(variables: Variables, { partitions, usesHex }: Numbering): SlotName | undefined {
  const number = decimal(variables.get(part));
  if (number === undefined) return undefined;
  if (usesHex && variables.has(partHex) && hexadecimal(variables.get(partHex)) !== number) return undefined;
  if (number === partitions.a) return "a";
  return number === partitions.b ? "b" : undefined;
}

export function isTrial(variables: Variables): boolean {
  return decimal(variables.get(flag)) === 1;
}

/** Compared as numbers: "03" is 3, and 12 does not end in 2. */
export function isSame(name: string, one: string, other: string): boolean {
  const value = name === partHex ? hexadecimal : decimal;
  return value(one) !== undefined && value(one) === value(other);
}

export function tryOnceBatch(slot: SlotName, partitions: Partitions): Variables {
  return new Map([...select(slot, partitions), [flag, "1"], [bootCount, "0"]]);
}

export function returnToBatch(slot: SlotName, partitions: Partitions): Variables {
  return new Map([...select(slot, partitions), [flag, "0"]]);
}

/** A commit writes the flag and nothing else; where another slot was to start, that is called off. */
export function keepBatch(slot: SlotName, numbering: Numbering, now: Variables): Variables {
  if (nextSlot(now, numbering) !== slot) return returnToBatch(slot, numbering.partitions);
  return new Map(isTrial(now) ? [[flag, "0"]] : []);
}

function select(slot: SlotName, partitions: Partitions): [string, string][] {
  const number = partitions[slot];
  return [
    [part, String(number)],
    [partHex, number.toString(16)],
  ];
}
