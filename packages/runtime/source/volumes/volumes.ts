// The directories that outlive an image, or a container's restarts: made when they are first wanted, owned by the container's root.
import { closeSync, existsSync, fsyncSync, lstatSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fchmod, fchownAt, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from "@host-service/disk";
import { RuntimeError } from "../error.ts";
import type { MountSource } from "../model/plan.ts";

export interface VolumePlace {
  containerDirectory: string;
  slotDirectory: string;
}

type Volume = Extract<MountSource, { kind: "volume" }>;

export function volumePath({ volume, per }: Volume, place: VolumePlace): string {
  return join(per === "slot" ? place.slotDirectory : place.containerDirectory, "volumes", volume);
}

/**
 * Makes it where it is missing, durably and with its owner in one step. Answers a warning where what lies in it was written by a
 * container with other ids. Throws RuntimeError "volume" where something else has its name.
 */
export function makeVolume(path: string, owner: number): string | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) {
    makeOwned(path, owner);
    return undefined;
  }
  if (!status.isDirectory()) {
    throw new RuntimeError("volume", `Cannot use "${path}" as a volume: it is no directory; move it away`);
  }
  if (status.uid === owner || (owner === 0 && status.uid < 0x8_0000)) return undefined;
  const shown = `"${path}" belongs to id ${status.uid}, and the container's root is ${owner}`;
  return `${shown}: a container that became privileged, or unprivileged, may not be able to use its volume`;
}

function makeOwned(path: string, owner: number): void {
  const parent = dirname(path);
  if (!existsSync(parent)) {
    mkdirSync(parent, { mode: 0o700 });
    syncDirectory(dirname(parent));
  }
  // No volume's name begins with a dot.
  const born = join(parent, ".new");
  rmSync(born, { recursive: true, force: true });
  mkdirSync(born, { mode: 0o755 });
  const fd = openSync(born, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    fchownAt(fd, "", owner, owner);
    fchmod(fd, 0o755);
  } finally {
    closeSync(fd);
  }
  renameSync(born, path);
  syncDirectory(parent);
}

function syncDirectory(path: string): void {
  const fd = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
