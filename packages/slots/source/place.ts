import { basename, dirname, join } from "node:path";
import { SlotsError } from "./error.ts";
import type { SlotName } from "./state.ts";

/** The paths of one container: `<state_dir>/containers/<name>/…`. */
export interface Place {
  name: string;
  /** The directory of all containers. */
  containers: string;
  directory: string;
  record: string;
  lock: string;
  committed: string;
  slots: string;
  slot(slot: SlotName): string;
  manifest(slot: SlotName): string;
}

export function placeOf(directory: string): Place {
  const slots = join(directory, "slots");
  return {
    name: basename(directory),
    containers: dirname(directory),
    directory,
    record: join(directory, "record.json"),
    lock: join(directory, "lock"),
    committed: join(directory, "committed"),
    slots,
    slot: (slot) => join(slots, slot),
    manifest: (slot) => join(slots, slot, "slot.json"),
  };
}

/** A letter, then letters, digits and hyphens, 63 at most: a name of a container, of a directory and of a host. */
export function isContainerName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9-]{0,62}$/.test(name);
}

/** The one way from a name that somebody gave to a path. */
export function containerDirectory(stateDirectory: string, name: string): string {
  if (!isContainerName(name)) {
    throw new SlotsError(
      "name",
      `Cannot use "${name}" as a container's name: it has to be a letter, then letters, digits or hyphens, 63 at most`,
    );
  }
  return join(containersDirectory(stateDirectory), name);
}

export function containersDirectory(stateDirectory: string): string {
  return join(stateDirectory, "containers");
}
