import { basename, dirname, join } from "node:path";
import { SlotsError } from "./error.ts";
import type { SlotName } from "./state.ts";

/** The paths of one container: `<state_dir>/containers/<name>/…`. */
export interface Place {
  name: string;
  /** What a person types to change it. */
  command: string;
  /** The directory of all containers. */
  containers: string;
  directory: string;
  record: string;
  lock: string;
  committed: string;
  ids: string;
  slots: string;
  slot(slot: SlotName): string;
  manifest(slot: SlotName): string;
}

/** What has slots of its own in the state directory, by the directory that holds all of a kind. */
export type Collection = "containers" | "portable";

export function placeOf(directory: string): Place {
  const slots = join(directory, "slots");
  const containers = dirname(directory);
  return {
    name: basename(directory),
    command: basename(containers) === "portable" ? "hostctl portable" : "hostctl container",
    containers,
    directory,
    record: join(directory, "record.json"),
    lock: join(directory, "lock"),
    committed: join(directory, "committed"),
    ids: join(directory, "ids.json"),
    slots,
    slot: (slot) => join(slots, slot),
    manifest: (slot) => join(slots, slot, "slot.json"),
  };
}

/** Where callers are named, these stand for the host itself and for its boot hook. */
const reservedNames: readonly string[] = ["host", "boot"];

/** Incus's rule for instance names, which is that of a host name's label, less the reserved ones. */
export function isContainerName(name: string): boolean {
  return /^[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(name) && !reservedNames.includes(name);
}

/** The one way from a name that somebody gave to a path. */
export function containerDirectory(stateDirectory: string, name: string, collection?: Collection): string {
  if (!isContainerName(name)) {
    throw new SlotsError("name", `Cannot use "${name}" as a container's name: ${whyNot(name)}; choose another`);
  }
  return join(containersDirectory(stateDirectory, collection), name);
}

function whyNot(name: string): string {
  if (reservedNames.includes(name)) return "it stands for the host's own side";
  return "a name has 1 to 63 letters, digits and hyphens, begins with a letter and does not end with a hyphen";
}

export function containersDirectory(stateDirectory: string, collection: Collection = "containers"): string {
  return join(stateDirectory, collection);
}
