// Whether an unpacked tree leaves room for what is mounted in it; a link there would only be refused at the next boot.
import { closeSync, openSync } from "node:fs";
import { O_CLOEXEC, O_DIRECTORY, O_RDONLY } from "@host-service/disk";
import type { Plan } from "../model/plan.ts";
import { isMountPoint } from "../mounts/mount-points.ts";
import type { MountPoint } from "../mounts/mount-points.ts";
import { isWithin } from "../plan/paths.ts";

/**
 * What a runtime mounts by itself, by a path on the host: systemd-nspawn makes its nodes wherever a link at /dev leads it, and LXC a
 * directory where one at /run does. An image may lack them, but has no link there.
 */
export const ownMountPoints: readonly MountPoint[] = ["/dev", "/proc", "/run", "/sys", "/host"].map((target) => ({
  target,
  kind: "directory",
}));

/** Throws RuntimeError "rootfs" where a link, or a file, is in the way. */
export function checkMountPoints({ mounts, memory }: Pick<Plan, "mounts" | "memory">, rootfs: string): void {
  // What is shared of the host may be a directory or a file; and what is in a volume is not the image's.
  const volumes = mounts.filter(({ source, target }) => source.kind === "volume" && !isBelowAnother(target, mounts));
  const fd = openSync(rootfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  try {
    for (const point of ownMountPoints) isMountPoint(fd, point);
    for (const { target } of [...volumes, ...memory]) isMountPoint(fd, { target, kind: "directory" });
  } finally {
    closeSync(fd);
  }
}

function isBelowAnother(target: string, mounts: Plan["mounts"]): boolean {
  return mounts.some((other) => other.target !== target && isWithin(target, other.target));
}
