import type { Device } from "../options.ts";
import { refusal, shown } from "../refusal.ts";
import type { ArtifactContents } from "../report.ts";

/** Whole texts, and case matters. */
export function isForDevice({ deviceTypes }: Pick<ArtifactContents, "deviceTypes">, device: Device): boolean {
  return deviceTypes.includes(device.type);
}

/** Throws ArtifactError "incompatible" (specification, section 5, step 7). */
export function checkCompatibility(contents: Pick<ArtifactContents, "deviceTypes" | "depends">, device: Device): void {
  if (!isForDevice(contents, device)) {
    const types = contents.deviceTypes.map(shown).join(", ");
    throw refusal("incompatible", `it is for ${types}, this device is ${shown(device.type)}`);
  }
  if (device.provides === "unknown") return;
  const provided = new Map([...Object.entries(device.provides ?? {}), ["device_type", device.type]]);
  for (const [key, allowed] of Object.entries(contents.depends)) {
    const value = provided.get(key);
    if (value !== undefined && allowed.includes(value)) continue;
    const wanted = `it needs ${shown(key)} to be ${allowed.map(shown).join(" or ") || "nothing that there is"}`;
    const here = value === undefined ? "this device does not provide it" : `here it is ${shown(value)}`;
    throw refusal("incompatible", `${wanted}, ${here}`);
  }
}
