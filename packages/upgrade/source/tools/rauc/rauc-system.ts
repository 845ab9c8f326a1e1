// What RAUC says about the system: its slots, which of them runs, and which starts next.
import { realpath } from "node:fs/promises";
import { array, looseObject, nullable, optional, record, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import type { SlotName } from "@host-service/slots";
import { UpgradeError } from "../../error.ts";
import type { Tool } from "../run/tool.ts";
import type { BySlot } from "../tool-backend.ts";
import { askRauc, parseAnswer } from "./rauc-program.ts";

/** What `rauc status --output-format=json` has for one slot. */
const Slot = looseObject({
  device: string(),
  bootname: optional(nullable(string())),
  boot_status: optional(nullable(string())),
});
const Status = looseObject({
  compatible: string(),
  /** The bootname of the slot that runs. */
  booted: optional(nullable(string())),
  /** The name of the slot that starts next. */
  boot_primary: optional(nullable(string())),
  slots: array(record(string(), Slot)),
});

interface RaucSlot {
  /** As RAUC calls it: "rootfs.0". */
  name: string;
  device: string;
  /** Undefined where the boot loader does not say. */
  isGood: boolean | undefined;
}

export interface RaucSystem {
  compatible: string;
  booted: SlotName | undefined;
  primary: SlotName | undefined;
  slots: Record<SlotName, RaucSlot>;
}

export interface RaucQuestion {
  tool: Tool;
  /** RAUC's name of each slot, or its device; without it the two that boot, in the order of their names. */
  slots: BySlot | undefined;
}

/** Throws UpgradeError where RAUC cannot be asked, or has other slots than the configuration. */
export async function askSystem({ tool, slots }: RaucQuestion, action: string): Promise<RaucSystem> {
  const ending = await askRauc(tool, ["status", "--output-format=json"], { action });
  const status = parseAnswer(Status, ending, { action, subject: "rauc's status" });
  const all = status.slots.flatMap(Object.entries<InferOutput<typeof Slot>>);
  // Slots without a name for the boot loader hold data, or belong to one that has it.
  const booting = all.filter(([, slot]) => typeof slot.bootname === "string" && slot.bootname !== "");
  const [a, b] = slots === undefined ? inOrder(booting, action) : await chosen(booting, { slots, action });
  const bySlot = (isIt: (name: string, slot: InferOutput<typeof Slot>) => boolean): SlotName | undefined =>
    isIt(...a) ? "a" : isIt(...b) ? "b" : undefined;
  return {
    compatible: status.compatible,
    booted: bySlot((_, { bootname }) => bootname === status.booted),
    primary: bySlot((name) => name === status.boot_primary),
    slots: { a: raucSlot(a), b: raucSlot(b) },
  };
}

type Entry = [name: string, slot: InferOutput<typeof Slot>];

function raucSlot([name, { device, boot_status }]: Entry): RaucSlot {
  return { name, device, isGood: boot_status === "good" ? true : boot_status === "bad" ? false : undefined };
}

function inOrder(booting: readonly Entry[], action: string): [Entry, Entry] {
  const [a, b, ...others] = booting.toSorted(([left], [right]) => (left < right ? -1 : 1));
  if (a !== undefined && b !== undefined && others.length === 0) return [a, b];
  throw new UpgradeError(
    "backend",
    `${action}: rauc has ${booting.length} slots with a bootname (${namesOf(booting)}), and two are needed; name them as upgrade.slots`,
  );
}

async function chosen(
  booting: readonly Entry[],
  { slots, action }: { slots: BySlot; action: string },
): Promise<[Entry, Entry]> {
  const find = async (wanted: string): Promise<Entry> => {
    for (const entry of booting) if (await isMeant(wanted, entry)) return entry;
    throw new UpgradeError(
      "backend",
      `${action}: rauc has no slot with a bootname that is ${JSON.stringify(wanted)}; it has ${namesOf(booting)}`,
    );
  };
  const [a, b] = [await find(slots.a), await find(slots.b)];
  if (a === b) throw new UpgradeError("backend", `${action}: both of upgrade.slots are rauc's slot ${a[0]}`);
  return [a, b];
}

async function isMeant(wanted: string, [name, { device }]: Entry): Promise<boolean> {
  if (!wanted.startsWith("/")) return wanted === name;
  return wanted === device || (await resolved(wanted)) === (await resolved(device));
}

/** /dev/disk/by-partlabel/… and the like are links to the device. */
function resolved(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

function namesOf(booting: readonly Entry[]): string {
  const names = booting.map(([name, { device }]) => `${name} on ${device}`);
  return names.toSorted().join(", ") || "none";
}
