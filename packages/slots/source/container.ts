// The directory of a container comes into being with its first install and goes in one step, by a rename: whatever is
// found under its own name is a container, or what a first install left when it was cut off.
import { dirname, join } from "node:path";
import { DiskError } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import { readCommitted } from "./committed.ts";
import { containersDirectory, isContainerName, placeOf } from "./place.ts";
import type { Collection, Place } from "./place.ts";

export interface CollectionOptions {
  disk: Disk;
  stateDirectory: string;
  collection?: Collection;
}

const removedPrefix = ".removed-";

/** The names of all directories of containers, in order, whatever is in them. */
export async function listDirectories(disk: Disk, stateDirectory: string, collection?: Collection): Promise<string[]> {
  const names = await listIfThere(disk, containersDirectory(stateDirectory, collection));
  return names.filter(isContainerName).toSorted();
}

/** The containers: those that have a record, or at least a committed image. */
export async function listContainers(options: CollectionOptions): Promise<string[]> {
  const { disk, stateDirectory, collection } = options;
  const found: string[] = [];
  for (const name of await listDirectories(disk, stateDirectory, collection)) {
    const place = placeOf(join(containersDirectory(stateDirectory, collection), name));
    const exists = (await disk.status(place.record)) !== undefined || (await readCommitted(disk, place)) !== undefined;
    if (exists) found.push(name);
  }
  return found;
}

export async function makeContainerDirectory(disk: Disk, place: Place): Promise<void> {
  if ((await disk.status(place.directory)) !== undefined) return;
  await disk.makeDirectory(place.containers);
  await disk.sync(dirname(place.containers));
  await disk.makeDirectory(place.directory);
  await disk.sync(place.containers);
}

/** Whether there is nothing but what a first install makes before its record, or a seed before its own. */
export async function isLeftover(disk: Disk, place: Place): Promise<boolean> {
  const names = await listIfThere(disk, place.directory);
  return names.every((name) => leftoverNames.has(name));
}

const leftoverNames = new Set(["lock", "slots", "ids.json", ".ids.json.new", ".record.json.new", ".committed.new"]);

/** Takes the container out of sight in one step; its bytes go with `sweepRemoved`. Who calls holds the lock. */
export async function hideContainer(disk: Disk, place: Place): Promise<string> {
  const hidden = join(place.containers, `${removedPrefix}${place.name}`);
  await disk.removeTree(hidden);
  // The point of no return.
  await disk.rename(place.directory, hidden);
  await disk.sync(place.containers);
  return hidden;
}

/** Removes the bytes of containers that are out of sight: at the start of the daemon, not of the host. */
export async function sweepRemoved(options: CollectionOptions): Promise<number> {
  const directory = containersDirectory(options.stateDirectory, options.collection);
  const hidden = (await listIfThere(options.disk, directory)).filter((name) => name.startsWith(removedPrefix));
  for (const name of hidden) await options.disk.removeTree(join(directory, name));
  return hidden.length;
}

async function listIfThere(disk: Disk, path: string): Promise<string[]> {
  try {
    return await disk.list(path);
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return [];
    throw error;
  }
}
