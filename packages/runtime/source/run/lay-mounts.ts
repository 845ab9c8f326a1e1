// Where each mount lies: in the container's root, or in another mount. What is in a volume was written by a container, so a mount point
// there is made and looked at as those in the root are: without following a link.
import { closeSync, openSync } from "node:fs";
import { O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from "@host-service/disk";
import type { Mount } from "../model/plan.ts";
import { inTheWay, isMountPoint, makeMountPoint } from "../mounts/mount-points.ts";
import type { MountPoint } from "../mounts/mount-points.ts";
import { isWithin } from "../plan/paths.ts";
import type { ShownSource } from "./sources.ts";

interface Shown {
  /** By the names of their devices. */
  mounts: ReadonlyMap<string, ShownSource>;
  /** The host's id of the container's root. */
  owner: number;
}

/** Makes the mount points that lie in other mounts; answers those that are the root's to have. Throws RuntimeError "rootfs". */
export function layMounts(planned: readonly Mount[], { mounts, owner }: Shown): MountPoint[] {
  const inRoot: MountPoint[] = [];
  const before: { mount: Mount; source: ShownSource }[] = [];
  // By depth, so that what something lies in came before it.
  for (const mount of planned) {
    const source = mounts.get(mount.device);
    if (source === undefined) continue;
    const point = { target: mount.target, kind: source.kind };
    const below = before.findLast((other) => isWithin(mount.target, other.mount.target));
    before.push({ mount, source });
    if (below === undefined) inRoot.push(point);
    else layIn(below.source, point, { at: below.mount.target, isReadOnly: below.mount.readonly, owner });
  }
  return inRoot;
}

function layIn(
  source: ShownSource,
  point: MountPoint,
  { at, isReadOnly, owner }: { at: string; isReadOnly: boolean; owner: number },
): void {
  if (source.kind === "file") throw inTheWay(point.target, "a file is on the way");
  const fd = openSync(source.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  try {
    if (!isReadOnly) makeMountPoint(fd, point, { at, owner });
    else if (!isMountPoint(fd, point, { at })) {
      throw inTheWay(point.target, `it is not there, and "${at}", which it lies in, is read-only`);
    }
  } finally {
    closeSync(fd);
  }
}
