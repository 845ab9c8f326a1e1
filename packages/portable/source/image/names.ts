// The rules of names: what portabled takes a prefix for, and how our slots are called. portabled tells the versions of a service apart only
// behind the first "_", and before 257 takes "minimal" and "minimalfoo" for the same when it detaches.
import { PortableError } from "../error.ts";

/** The part of an image's name before the first "_", or without ".raw": which units belong to it. Undefined where that is no prefix. */
export function prefixOf(baseName: string): string | undefined {
  const cut = baseName.indexOf("_");
  const prefix = cut === -1 ? baseName.replace(/\.raw$/, "") : baseName.slice(0, cut);
  return isPrefix(prefix) ? prefix : undefined;
}

/** "-" is portablectl's word for all units of an image, and is never meant here. */
export function isPrefix(word: string): boolean {
  return /^[A-Za-z0-9.-]+$/.test(word) && word !== "-" && word !== "." && word !== "..";
}

function isServiceName(name: string): boolean {
  return /^[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(name);
}

export function isVersion(version: string): boolean {
  return /^[A-Za-z0-9.~-]{1,64}$/.test(version);
}

/** The name of an image in its slot: the same before "_" for all versions, another one for each version and slot. */
export function baseNameOf(image: {
  service: string;
  version: string;
  slot: "a" | "b";
  kind: "directory" | "raw";
}): string {
  const { service, version, slot, kind } = image;
  if (!isServiceName(service)) throw badName("a portable service's name", service, serviceRule);
  if (!isVersion(version)) throw badName("a portable service's version", version, versionRule);
  return `${service}_${version}-${slot}${kind === "raw" ? ".raw" : ""}`;
}

const serviceRule = "it has 1 to 63 letters, digits and hyphens, begins with a letter and does not end with a hyphen";
const versionRule = "it has 1 to 64 letters, digits, dots, tildes and hyphens";

function badName(what: string, value: string, rule: string): PortableError {
  return new PortableError("name", `Cannot use ${JSON.stringify(value)} as ${what}: ${rule}; choose another`);
}

/** The service of a managed name or of any image: what portabled compares. */
export function serviceOf(baseName: string): string {
  return (baseName.split("_")[0] ?? "").replace(/\.raw$/, "");
}

/** The managed name that the old comparison of portabled would take for this one. */
export function confusedWith(name: string, others: readonly string[]): string | undefined {
  return others.find((other) => other !== name && (other.startsWith(name) || name.startsWith(other)));
}

const unitTypes = /\.(?:service|socket|target|timer|path)$/;

/** Whether portabled takes a file of this name for a unit of one of the prefixes. */
export function isMatching(unit: string, prefixes: readonly string[]): boolean {
  if (!unitTypes.test(unit)) return false;
  return prefixes.some((prefix) => unit.startsWith(prefix) && /^[-.@]/.test(unit.slice(prefix.length)));
}

export function isTemplate(unit: string): boolean {
  return /@\.[a-z]+$/.test(unit);
}

export function isInstance(unit: string): boolean {
  return /@[^@]+\.[a-z]+$/.test(unit) && !isTemplate(unit);
}
