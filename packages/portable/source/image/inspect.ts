// Knows the order of the checks. All of them are made, and all that they find is told; one that refuses is enough for nothing to be attached.
import { checkMountPoints } from "./mount-points.ts";
import { refuses } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { isInstance, isPrefix, isTemplate } from "./names.ts";
import { allowedPrefixes, parseOsRelease, prettyName, versionOf } from "./os-release.ts";
import type { OsRelease } from "./os-release.ts";
import { checkPrograms } from "./programs.ts";
import type { ImageTree } from "./tree.ts";
import { parseUnitFile } from "./unit-file.ts";
import { findUnits } from "./units.ts";
import type { ImageUnit } from "./units.ts";

export interface Inspected {
  kind: "directory" | "raw";
  /** What the image calls itself. */
  title?: string;
  id?: string;
  version?: string;
  prefixes: readonly string[];
  units: InspectedUnit[];
  findings: Finding[];
  /** Whether it would be attached. */
  isFit: boolean;
}

interface InspectedUnit {
  name: string;
  kind: "unit" | "template" | "instance";
  description?: string;
  /** Whether it has an [Install] section: what has one is started with the service, as nothing is ever enabled. */
  starts: boolean;
}

/** What is known of the host; without a part of it what depends on that part is "unchecked". */
export interface HostFacts {
  /** As in `process.arch`. */
  architecture: string;
  profiles: readonly string[] | undefined;
  /** Where the host, or another service, has a unit of this name. */
  unitOnHost: (name: string) => Promise<string | undefined>;
}

export interface InspectOptions {
  prefixes: readonly string[];
  profile: string;
  host: HostFacts;
}

const osReleaseBytesMax = 64 * 1024;

/** An image that is a directory. Nothing in it is followed to the outside, and nothing of the outside is ever told. */
export async function inspectDirectory(tree: ImageTree, options: InspectOptions): Promise<Inspected> {
  const osRelease = await readOsRelease(tree);
  const { units, findings } = await findUnits(tree, options.prefixes);
  return await judged("directory", { osRelease, units }, options, [
    ...findings,
    ...(await checkMountPoints(tree)),
    ...(await checkPrograms(tree, units, options.host.architecture)),
  ]);
}

/** A raw image, of which only portabled has looked at the files. */
export async function inspectRaw(
  metadata: { osRelease: string | undefined; units: ReadonlyMap<string, string> },
  options: InspectOptions,
): Promise<Inspected> {
  const units = [...metadata.units].map(([name, text]) => ({ name, path: name, text }));
  const nobody = "only systemd reads raw images on this host; a directory archive would be checked";
  return await judged("raw", { osRelease: metadata.osRelease, units }, options, [
    { check: "files", result: "unchecked", text: `whether etc/resolv.conf and etc/machine-id are there: ${nobody}` },
    { check: "directories", result: "unchecked", text: `whether the directories to mount over are there: ${nobody}` },
    { check: "programs", result: "unchecked", text: `whether the programs are there: ${nobody}` },
    { check: "loaders", result: "unchecked", text: `whether the programs run on this host: ${nobody}` },
  ]);
}

interface Contents {
  osRelease: string | undefined;
  units: readonly ImageUnit[];
}

async function judged(
  kind: Inspected["kind"],
  { osRelease, units }: Contents,
  { prefixes, profile, host }: InspectOptions,
  more: readonly Finding[],
): Promise<Inspected> {
  const values = osRelease === undefined ? new Map<string, string>() : parseOsRelease(osRelease);
  const findings = [
    ...checkPrefixes(prefixes),
    ...checkOsRelease(osRelease, values),
    ...checkAllowed(values, prefixes),
    ...checkAny(units, prefixes),
    ...more,
    ...checkProfile(profile, host.profiles),
    ...(await checkHostUnits(units, host)),
  ];
  const title = prettyName(values);
  const id = values.get("ID");
  const version = versionOf(values);
  return {
    kind,
    ...(title === undefined ? {} : { title }),
    ...(id === undefined ? {} : { id }),
    ...(version === undefined ? {} : { version }),
    prefixes,
    units: units.map(describe),
    findings,
    isFit: !refuses(findings),
  };
}

async function readOsRelease(tree: ImageTree): Promise<string | undefined> {
  for (const path of ["etc/os-release", "usr/lib/os-release"]) {
    const { found } = await tree.resolve(path);
    if (found?.type !== "file") continue;
    return new TextDecoder().decode(await tree.read(found, Math.min(found.bytes, osReleaseBytesMax)));
  }
  return undefined;
}

function describe({ name, text }: ImageUnit): InspectedUnit {
  const file = parseUnitFile(text);
  const description = file.values("Unit", "Description").at(-1);
  const kind = isTemplate(name) ? "template" : isInstance(name) ? "instance" : "unit";
  return {
    name,
    kind,
    ...(description === undefined ? {} : { description }),
    starts: kind !== "template" && file.has("Install"),
  };
}

function checkPrefixes(prefixes: readonly string[]): Finding[] {
  const rule = "a prefix has letters, digits, dots and hyphens, and is not only a hyphen";
  if (prefixes.length === 0) {
    return [{ check: "prefixes", result: "refused", text: `no prefix is given, which would mean every unit; ${rule}` }];
  }
  return prefixes
    .filter((prefix) => !isPrefix(prefix))
    .map((prefix) => ({
      check: "prefixes",
      result: "refused",
      text: `${JSON.stringify(prefix)} cannot be a prefix: ${rule}; give another with --prefix`,
    }));
}

function checkOsRelease(text: string | undefined, values: OsRelease): Finding[] {
  const path = "usr/lib/os-release";
  if (text === undefined) {
    const missing = "neither etc/os-release nor usr/lib/os-release is a file; add one with at least ID=";
    return [{ check: "os-release", result: "refused", path, text: missing }];
  }
  if ((values.get("ID") ?? "") !== "") return [];
  return [{ check: "os-release", result: "refused", path, text: "os-release has no ID=; add it" }];
}

function checkAllowed(values: OsRelease, prefixes: readonly string[]): Finding[] {
  const allowed = allowedPrefixes(values);
  if (allowed === undefined) return [];
  return prefixes
    .filter((prefix) => !allowed.includes(prefix))
    .map((prefix) => ({
      check: "portable-prefixes",
      result: "refused",
      path: "usr/lib/os-release",
      text: `the prefix ${JSON.stringify(prefix)} is not in PORTABLE_PREFIXES= of os-release (${allowed.join(" ")}); give one that is, with --prefix`,
    }));
}

function checkAny(units: readonly ImageUnit[], prefixes: readonly string[]): Finding[] {
  if (units.length > 0) return [];
  const names = prefixes.map((prefix) => JSON.stringify(prefix)).join(" or ");
  const text = `no unit (.service, .socket, .target, .timer, .path) begins with ${names}; name the units so, or give another prefix with --prefix`;
  return [{ check: "units", result: "refused", text }];
}

/** systemd 252 and 257 take any name for a profile, and then run the service without one. */
function checkProfile(profile: string, known: readonly string[] | undefined): Finding[] {
  const list = known === undefined ? "default, nonetwork, strict and trusted" : known.join(", ");
  if (!/^[A-Za-z0-9_-]+$/.test(profile)) {
    const text = `${JSON.stringify(profile)} cannot be a profile's name; choose one of ${list} with --profile`;
    return [{ check: "profile", result: "refused", text }];
  }
  if (known === undefined) {
    const text = `whether the host has a profile ${JSON.stringify(profile)}: systemd-portabled did not answer`;
    return [{ check: "profile", result: "unchecked", text }];
  }
  if (known.includes(profile)) return [];
  const text = `this host has no profile ${JSON.stringify(profile)}; choose one of ${list} with --profile`;
  return [{ check: "profile", result: "refused", text }];
}

async function checkHostUnits(units: readonly ImageUnit[], host: HostFacts): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, path } of units) {
    const place = await host.unitOnHost(name);
    if (place === undefined) continue;
    const text = `${name} is a unit of the host as well (${place}); give it another name, with the prefix of this service`;
    findings.push({ check: "host-units", result: "refused", path, text });
  }
  return findings;
}
