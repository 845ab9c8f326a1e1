// Every shape that a state can have, with the image that each role stands for.
import type { SlotManifest } from "../../source/manifest.ts";
import { otherSlot } from "../../source/state.ts";
import type { SlotName, SlotReference, State, Subject } from "../../source/state.ts";

export const digestOf = (digit: string): string => `sha256:${digit.repeat(64)}`;
const at = "2026-01-02T03:04:05.000Z";

/** Version 1.0.0 is the committed image, 1.1.0 the newer one; the digits of their ids say which is which. */
export const images = { "1.0.0": digestOf("1"), "1.1.0": digestOf("2") };

export function manifest(version: string, options: { imageId?: string; boots?: number } = {}): SlotManifest {
  return {
    format: 1,
    imageId: options.imageId ?? (version === "1.0.0" ? images["1.0.0"] : images["1.1.0"]),
    name: "edge",
    version,
    digests: { config: digestOf("c"), rootfs: digestOf("d") },
    trial: { boots: options.boots ?? 1, commit: "manual" },
    entries: 3,
    bytes: 4096,
    stagedAt: at,
  };
}

/** All states with the committed (or first) image in slot `home`. */
export function statesFrom(home: SlotName): State[] {
  const old: SlotReference = { slot: home, imageId: images["1.0.0"] };
  const young: SlotReference = { slot: otherSlot(home), imageId: images["1.1.0"] };
  const first: SlotReference = { slot: home, imageId: images["1.1.0"] };
  return [
    { name: "empty" },
    { name: "normal", active: old },
    { name: "normal", active: young, previous: old },
    { name: "pending", candidate: first },
    { name: "pending", active: old, candidate: young },
    { name: "trying", active: first, bootsLeft: 0 },
    { name: "trying", active: first, bootsLeft: 1 },
    { name: "trying", active: young, fallback: old, bootsLeft: 0 },
    { name: "trying", active: young, fallback: old, bootsLeft: 1 },
    { name: "rollback", active: first },
    { name: "rollback", active: young, fallback: old },
  ];
}

/** A world in which the named images are whole, or all are. */
export function subject(options: { boots?: number; missing?: readonly string[] } = {}): Subject {
  return {
    name: "edge",
    title: '"edge"',
    command: "hostctl container",
    manifestOf(reference) {
      const version = reference.imageId === images["1.0.0"] ? "1.0.0" : "1.1.0";
      if (options.missing?.includes(version) === true) return undefined;
      return manifest(version, options.boots === undefined ? {} : { boots: options.boots });
    },
  };
}

export function print(state: State): string {
  const members = Object.entries(state)
    .filter(([key]) => key !== "name")
    .map(([key, value]: [string, unknown]) => `${key} ${printMember(value)}`);
  return members.length === 0 ? state.name : `${state.name}{${members.join(", ")}}`;
}

function printMember(value: unknown): string {
  if (typeof value !== "object" || value === null || !("slot" in value) || !("imageId" in value)) return String(value);
  return `${value.imageId === images["1.0.0"] ? "1.0.0" : "1.1.0"} in ${String(value.slot)}`;
}
