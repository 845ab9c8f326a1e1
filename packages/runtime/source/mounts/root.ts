// The container's root: what was verified lies below and is never written. What the container writes lies in the slot's `upper/`, and goes
// with the slot.
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from "node:fs";
import {
  bindMount,
  fchmod,
  fchownAt,
  makeReadOnly,
  mountOverlay,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  reopen,
  statusAt,
} from "@host-service/disk";
import { isMountPoint, makeMountPoint } from "./mount-points.ts";
import type { MountPoint } from "./mount-points.ts";

export interface RootOptions {
  kind: "overlay" | "read-only";
  slotDirectory: string;
  /** An existing directory of the host's. */
  at: { parentFd: number; name: string };
  /** An empty directory of the host's own, for what a read-only root lacks. */
  spare: string;
  mountPoints: readonly MountPoint[];
  /** Made where they are missing, and left to the runtime where the image has something else there. */
  usual: readonly string[];
  /** The host's id of the container's root. */
  owner: number;
}

export function mountRoot(options: RootOptions): void {
  const { kind, at } = options;
  const target = reopen(at.parentFd, at.name, { directory: true });
  try {
    if (kind === "overlay") mountWritable(target, options);
    else mountReadOnly(target, options);
  } finally {
    closeSync(target);
  }
}

function mountWritable(target: number, options: RootOptions): void {
  const { slotDirectory, at, mountPoints, usual, owner } = options;
  const lower = `${slotDirectory}/rootfs`;
  mountOverlay(target, { lower: [lower], upper: upperOf(slotDirectory) });
  const root = reopen(at.parentFd, at.name, { directory: true });
  try {
    for (const name of usual) makeUsual(root, name, { owner });
    for (const point of mountPoints) makeMountPoint(root, point, { owner });
  } finally {
    closeSync(root);
  }
}

/**
 * The root directory that the container sees is `data` itself, so it is given what the verified one has, before it gets its name: a cut
 * leaves it whole or not there.
 */
function upperOf(slotDirectory: string): { data: string; work: string } {
  const upper = `${slotDirectory}/upper`;
  const [data, work, born] = [`${upper}/data`, `${upper}/work`, `${upper}/.data.new`];
  mkdirSync(work, { recursive: true, mode: 0o700 });
  if (existsSync(data)) return { data, work };
  mkdirSync(born, { recursive: true, mode: 0o700 });
  const [from, to] = [directoryAt(`${slotDirectory}/rootfs`), directoryAt(born)];
  try {
    const { uid, gid, mode } = statusAt(from, "");
    fchownAt(to, "", uid, gid);
    fchmod(to, mode);
  } finally {
    closeSync(from);
    closeSync(to);
  }
  renameSync(born, data);
  return { data, work };
}

/** Where the image lacks a mount point, an overlay of two layers has it, none of which can be written. */
function mountReadOnly(target: number, options: RootOptions): void {
  const { slotDirectory, at, spare, mountPoints, usual, owner } = options;
  const rootfs = directoryAt(`${slotDirectory}/rootfs`);
  try {
    const missing = mountPoints.filter((point) => !isMountPoint(rootfs, point));
    const missingUsual = usual.filter((name) => !isThere(rootfs, name));
    if (missing.length + missingUsual.length === 0) bindMount(rootfs, target);
    else {
      const layer = directoryAt(spare);
      try {
        const { uid, gid, mode } = statusAt(rootfs, "");
        fchownAt(layer, "", uid, gid);
        fchmod(layer, mode);
        for (const name of missingUsual) makeUsual(layer, name, { owner });
        for (const point of missing) makeMountPoint(layer, point, { owner, like: rootfs });
      } finally {
        closeSync(layer);
      }
      mountOverlay(target, { lower: [spare, `${slotDirectory}/rootfs`] });
    }
  } finally {
    closeSync(rootfs);
  }
  const root = reopen(at.parentFd, at.name, { directory: true });
  makeReadOnly(root, { trusted: true });
  closeSync(root);
}

function makeUsual(root: number, name: string, { owner }: { owner: number }): void {
  if (!isThere(root, name)) makeMountPoint(root, { target: `/${name}`, kind: "directory" }, { owner });
}

/** Also a link, which the runtime then looks at. */
function isThere(root: number, name: string): boolean {
  try {
    statusAt(root, name);
    return true;
  } catch (error) {
    if (error instanceof Error && "kind" in error && error.kind === "missing") return false;
    throw error;
  }
}

function directoryAt(path: string): number {
  return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}
