// What something is mounted on inside of a container's root. The container wrote that root, so no link in it is followed: a mount that
// a link leads elsewhere would show the container's data where the host, or another program inside, expects something else.
import { closeSync } from "node:fs";
import {
  DiskError,
  fchmod,
  fchownAt,
  mkdirAt,
  mknodAt,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  openBeneath,
  S_IFREG,
  statusAt,
} from "@host-service/disk";
import { RuntimeError } from "../error.ts";

export interface MountPoint {
  /** Inside; absolute, without "." and "..". */
  target: string;
  kind: "directory" | "file";
}

/** What the mount points lie in: the container's root, or what is mounted in it at `at`. */
interface Ground {
  at?: string;
}

interface Making extends Ground {
  /** The host's id of the container's root. */
  owner: number;
  /** Where the directories on the way get their owner and mode from, where they are there. */
  like?: number;
}

/** Makes what is missing on the way, and the mount point itself. Throws RuntimeError "rootfs" where a link is in the way. */
export function makeMountPoint(rootFd: number, { target, kind }: MountPoint, making: Making): void {
  const names = namesOf(target, making);
  names.forEach((_, index) => {
    const path = names.slice(0, index + 1).join("/");
    if (kindAt(rootFd, path, making) !== undefined) return;
    make(rootFd, path, index < names.length - 1 ? "directory" : kind, making);
  });
  const found = kindAt(rootFd, names.join("/"), making);
  if (found !== kind) throw inTheWay(target, `it is ${found === "file" ? "no directory" : "no file"}`);
}

/** Whether it is there; throws as `makeMountPoint` does where it never can be. */
export function isMountPoint(rootFd: number, { target, kind }: MountPoint, ground: Ground = {}): boolean {
  const names = namesOf(target, ground);
  // Each on the way as well, so that the one that is a link is named.
  const kinds = names.map((_, index) => kindAt(rootFd, names.slice(0, index + 1).join("/"), ground));
  const found = kinds.at(-1);
  if (found === undefined) return false;
  if (found !== kind) throw inTheWay(target, `it is ${found === "file" ? "no directory" : "no file"}`);
  return true;
}

function make(rootFd: number, path: string, kind: MountPoint["kind"], { owner, like }: Making): void {
  const parentFd = openBeneath(rootFd, parentOf(path), O_RDONLY | O_DIRECTORY, { links: "refuse" });
  try {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (kind === "file") return mknodAt(parentFd, name, S_IFREG | 0o644);
    mkdirAt(parentFd, name, 0o755);
    const model = like === undefined ? undefined : statusIn(like, path, {});
    const fd = openBeneath(parentFd, name, O_RDONLY | O_DIRECTORY, { links: "refuse" });
    try {
      fchownAt(fd, "", model?.uid ?? owner, model?.gid ?? owner);
      fchmod(fd, model?.mode ?? 0o755);
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(parentFd);
  }
}

/** Undefined where there is nothing. */
function kindAt(rootFd: number, path: string, ground: Ground): MountPoint["kind"] | undefined {
  const type = statusIn(rootFd, path, ground)?.type;
  return type === undefined ? undefined : type === "directory" ? "directory" : "file";
}

function statusIn(rootFd: number, path: string, { at = "" }: Ground): ReturnType<typeof statusAt> | undefined {
  let fd: number;
  try {
    fd = openBeneath(rootFd, path, O_PATH, { links: "refuse" });
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    if (error.kind === "missing") return undefined;
    if (error.kind === "escapes") throw inTheWay(`${at}/${path}`, "a symbolic link is on the way", error);
    if (error.code === "ENOTDIR") throw inTheWay(`${at}/${path}`, "a file is on the way", error);
    throw error;
  }
  try {
    return statusAt(fd, "");
  } finally {
    closeSync(fd);
  }
}

export function inTheWay(target: string, why: string, cause?: unknown): RuntimeError {
  const next = "mount it elsewhere, or have the image make a directory there";
  return new RuntimeError("rootfs", `Cannot mount at "${target}" in the container: ${why}; ${next}`, { cause });
}

function namesOf(target: string, { at = "" }: Ground): string[] {
  return target.slice(at.length).split("/").filter(Boolean);
}

function parentOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
}
