// Whether the guest API is there at all, and whether it gives out images. Incus's keys govern both flavours; LXD's override them for `lxd` alone.
import type { Configuration } from "./layers.ts";

export type Flavour = "incus" | "lxd";
export const flavours: readonly Flavour[] = ["incus", "lxd"];

const truths = new Set(["true", "1", "yes", "on"]);
const falsehoods = new Set(["false", "0", "no", "off"]);

export function isApiOn(config: Configuration, flavour: Flavour): boolean {
  return !falsehoods.has(word(config, flavour, ""));
}

export function areImagesOn(config: Configuration, flavour: Flavour): boolean {
  return truths.has(word(config, flavour, ".images"));
}

function word(config: Configuration, flavour: Flavour, suffix: "" | ".images"): string {
  const own = flavour === "lxd" ? config[`security.devlxd${suffix}`] : undefined;
  return (own || config[`security.guestapi${suffix}`] || "").toLowerCase();
}
