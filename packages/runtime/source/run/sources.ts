// What is mounted into the container, each at a path that only this unit sees: the runtime finds there what was opened here, whatever is
// exchanged at the path that it came from, and LXC's unprivileged half can reach it.
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  bindMount,
  fchmodAt,
  fchownAt,
  makeReadOnly,
  makeTreeReadOnly,
  mknodAt,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  S_IFBLK,
  S_IFCHR,
  statusAt,
} from "@host-service/disk";
import { numbersOf } from "../check/device-node.ts";
import { isHostMount, openHostPath } from "../check/host-path.ts";
import type { DeviceNode, Mount } from "../model/plan.ts";
import { makeVolume, volumePath } from "../volumes/volumes.ts";
import type { VolumePlace } from "../volumes/volumes.ts";

export interface SourceContext extends VolumePlace {
  /** In the unit's own file system. */
  directory: string;
  /** The host's id of the container's root. */
  owner: number;
  ownPaths: readonly string[];
  say: (line: string) => void;
  /** What a refusal stops; "start the container" without it. */
  deed?: string;
}

const usualDeed = "start the container";

export type ShownSource = { path: string; kind: "directory" | "file" };

/** By the names of their devices; what is missing and was not required is not there. */
export function showMounts(mounts: readonly Mount[], context: SourceContext): ReadonlyMap<string, ShownSource> {
  const shown = new Map<string, ShownSource>();
  for (const mount of mounts) {
    const fd = openSource(mount, context);
    if (fd === undefined) {
      context.say(`Starts without the device "${mount.device}": its source is not there`);
      continue;
    }
    try {
      shown.set(mount.device, show(fd, join(context.directory, mount.device), mount));
    } finally {
      closeSync(fd);
    }
  }
  return shown;
}

export function openSource(mount: Mount, context: SourceContext): number | undefined {
  if (isHostMount(mount)) return openHostPath(mount, { deed: context.deed ?? usualDeed, ownPaths: context.ownPaths });
  if (mount.source.kind !== "volume") throw new Error("Invariant: a mount is of the host or a volume");
  const path = volumePath(mount.source, context);
  const warning = makeVolume(path, context.owner);
  if (warning !== undefined) context.say(warning);
  return openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/**
 * Read-only already here: what is mounted before the container has ids of its own, its root cannot make writable again (mount_namespaces(7)). LXC mounts
 * when it has them.
 */
function show(fd: number, path: string, { recursive, readonly }: Mount): ShownSource {
  const kind = statusAt(fd, "").type === "directory" ? "directory" : "file";
  if (kind === "directory") mkdirSync(path);
  else writeFileSync(path, "");
  const to = openSync(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  try {
    bindMount(fd, to, { recursive });
  } finally {
    closeSync(to);
  }
  if (readonly) withhold(path);
  return { path, kind };
}

function withhold(path: string): void {
  const fd = openSync(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  try {
    if (!makeTreeReadOnly(fd)) makeReadOnly(fd, { trusted: true });
  } finally {
    closeSync(fd);
  }
}

/** Nodes of the container's own, with the numbers that the host's have now. */
export function makeNodes(nodes: readonly DeviceNode[], context: SourceContext): ReadonlyMap<string, string> {
  const made = new Map<string, string>();
  const directory = openSync(context.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  try {
    for (const node of nodes) {
      const numbers = numbersOf(node, { deed: context.deed ?? usualDeed });
      if (numbers === undefined) {
        context.say(`Starts without the device "${node.device}": "${node.source}" is not there`);
        continue;
      }
      mknodAt(directory, node.device, node.kind === "char" ? S_IFCHR : S_IFBLK, numbers);
      fchownAt(directory, node.device, context.owner + node.uid, context.owner + node.gid);
      fchmodAt(directory, node.device, node.mode);
      made.set(node.device, join(context.directory, node.device));
    }
  } finally {
    closeSync(directory);
  }
  return made;
}
