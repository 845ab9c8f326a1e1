// `[containers.NAME]`: what the host grants to one container, and what its config.yaml may ask for. Without it: nothing.
import { dirname, resolve } from "node:path";
import { callGroups, ContainerName } from "@host-service/protocol";
import type { CallGroup } from "@host-service/protocol";
import { capabilityNames, noGrant } from "@host-service/runtime/grant";
import type { Grant } from "@host-service/runtime/grant";
import { array, boolean, optional, parse, picklist, pipe, regex, strictObject, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";

const dots = "(?!(?:.*/)?\\.{1,2}(?:/|$))";
const SharedPath = pipe(
  string(),
  regex(new RegExp(`^/${dots}[^\\p{Cc}]*$`, "u"), 'has to be an absolute path without "..", such as "/srv/data"'),
);
const DevicePattern = pipe(
  string(),
  regex(
    new RegExp(`^/dev/${dots}[A-Za-z0-9_.:+@,=/*-]+$`, "u"),
    'has to be a path below /dev, such as "/dev/ttyS0" or "/dev/ttyUSB*"',
  ),
);
const NicWord = pipe(
  string(),
  regex(
    /^(?:host|p2p|(?:bridged|macvlan|ipvlan|physical):[A-Za-z0-9][A-Za-z0-9_.-]{0,14})$/u,
    'has to be "host", "p2p", or a kind with its parent such as "bridged:br0" or "macvlan:eth0"',
  ),
);

const defaultProfiles = ["default", "nonetwork", "strict"];

export const Ceiling = strictObject({
  allow: optional(array(picklist(callGroups)), [...callGroups]),
  /** What a portable service that the container attaches may run with; "trusted" is root on the host. */
  portable_profiles: optional(array(string()), defaultProfiles),
  /** What runs the container when its config.yaml does not say. */
  runtime: optional(picklist(["nspawn", "lxc", "none"]), noGrant.runtime),
  privileged: optional(boolean(), false),
  disk_sources: optional(array(SharedPath), []),
  devices: optional(array(DevicePattern), []),
  capabilities: optional(array(picklist(capabilityNames)), []),
  nics: optional(array(NicWord), []),
  nesting: optional(boolean(), false),
  raw_options: optional(boolean(), false),
  /** How a trial that failed is left: the container restarts on its fallback, or the host reboots. */
  trial_failure: optional(picklist(["restart", "reboot"]), "restart"),
});
type Ceilings = Readonly<Record<string, InferOutput<typeof Ceiling>>>;

export interface OwnPlaces {
  socketPath: string;
  runDirectory: string;
  stateDirectory: string;
  /** Of the configuration that was read, and where it usually is. */
  files: readonly string[];
}

/** By container name; a container that is not listed may make every group of calls, as the design promises. */
export function allowOf(ceilings: Ceilings, path: string): Map<string, readonly CallGroup[]> {
  const allow = new Map<string, readonly CallGroup[]>();
  for (const [name, ceiling] of Object.entries(ceilings)) {
    parse(ContainerName, name, { subject: `"containers.${name}" of ${path}` });
    allow.set(name, ceiling.allow);
  }
  return allow;
}

/** The profiles that each container may attach portable services with. */
export function portableProfilesOf(ceilings: Ceilings): (name: string) => readonly string[] {
  return (name) => (Object.hasOwn(ceilings, name) ? ceilings[name]?.portable_profiles : undefined) ?? defaultProfiles;
}

/** What each container may ask for. One that is not listed may ask for nothing. */
export function grantsOf(ceilings: Ceilings, own: OwnPlaces): (name: string) => Grant {
  const { socketPath, runDirectory, stateDirectory, files } = own;
  const ownPaths = [stateDirectory, runDirectory, socketPath, `${socketPath}.peer`, ...files].map((path) =>
    resolve(path),
  );
  return (name) => {
    const ceiling = Object.hasOwn(ceilings, name) ? ceilings[name] : undefined;
    if (ceiling === undefined) return { ...noGrant, ownPaths };
    const { runtime, privileged, devices, capabilities, nics, nesting } = ceiling;
    const { disk_sources: diskSources, raw_options: rawOptions } = ceiling;
    return { runtime, privileged, diskSources, devices, capabilities, nics, nesting, rawOptions, ownPaths };
  };
}

export function ownFiles(path: string, defaultPath: string): string[] {
  return [dirname(defaultPath), resolve(path)];
}
