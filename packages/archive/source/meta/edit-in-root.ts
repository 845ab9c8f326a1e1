// Edits of single files of a root file system that strangers wrote, in which every link may be a trap. The way to a file is resolved
// as if the root were "/"; the last name is never followed; only a regular file with one name is edited, and that by a new file
// beside it that takes its place in one step. Nothing runs in the root meanwhile.
import { closeSync, constants, fsyncSync, readSync, writeSync } from "node:fs";
import {
  DiskError,
  type FullStatus,
  O_PATH,
  fchmod,
  fchownAt,
  mkdirAt,
  openBeneath,
  openInRoot,
  readXattrs,
  renameAt,
  setXattr,
  statusAt,
  unlinkAt,
} from "@host-service/disk";
import { bytesOf } from "../tar/byte-string.ts";

const fileBytesMax = 1024 * 1024;
const newName = bytesOf(".host-service-template.new");
const openPath = O_PATH | constants.O_DIRECTORY;
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Why a file is left as it is; no error, since an image may well have it so. */
export class Skipped extends Error {
  override readonly name = "Skipped";
}

export interface Owner {
  uid: number;
  gid: number;
}

export interface NewFile extends Owner {
  mode: number;
}

/** The directory of a file in the root, and what stands at its name. */
export interface Spot {
  readonly directoryFd: number;
  readonly name: Uint8Array;
  /** undefined where there is nothing. */
  readonly status: FullStatus | undefined;
}

/** `directories` is who owns those that are missing, where they are to be made. */
export function withSpot<Result>(
  rootFd: number,
  path: string,
  directories: Owner | undefined,
  use: (spot: Spot) => Result,
): Result {
  const parts = path.split("/").filter((part) => part !== "");
  const name = bytesOf(parts.pop() ?? "");
  const directoryFd = openParent(rootFd, parts, directories);
  try {
    return use({ directoryFd, name, status: statusIfThere(directoryFd, name) });
  } finally {
    closeSync(directoryFd);
  }
}

/** Refuses everything that is not a regular file with one name. */
export function checkEditable(status: FullStatus): void {
  if (status.type === "symlink") throw new Skipped("it is a link");
  if (status.type !== "file")
    throw new Skipped(status.type === "directory" ? "it is a directory" : "it is no regular file");
  if (status.links > 1) throw new Skipped("it has more than one name (hard links)");
  if (status.bytes > fileBytesMax) throw new Skipped(`it has more than ${fileBytesMax} bytes`);
}

/** As latin1. The file that was looked at is the one that is read. */
export function readSpot({ directoryFd, name, status }: Spot): string {
  const fd = openBeneath(directoryFd, name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (statusAt(fd, new Uint8Array(0)).inode !== status?.inode) throw new Skipped("it changed meanwhile");
    const buffer = Buffer.alloc(fileBytesMax);
    let filled = 0;
    for (let read = 1; read > 0 && filled < fileBytesMax; filled += read)
      read = readSync(fd, buffer, filled, fileBytesMax - filled, filled);
    return buffer.toString("latin1", 0, filled);
  } finally {
    closeSync(fd);
  }
}

/** Over what is there, in one step. `text` is latin1. */
export function replaceSpot({ directoryFd, name, status }: Spot, text: string, file: NewFile): void {
  const fd = openNew(directoryFd);
  try {
    const bytes = Buffer.from(text, "latin1");
    for (let written = 0; written < bytes.byteLength;) written += writeSync(fd, bytes, written);
    // Without the right to give it away it belongs to who unpacks, as everything else does.
    if (process.geteuid?.() === 0) fchownAt(fd, new Uint8Array(0), file.uid, file.gid);
    fchmod(fd, file.mode);
    if (status !== undefined) copyXattrs({ directoryFd, name }, fd);
    fsyncSync(fd);
    renameAt(directoryFd, newName, name);
  } catch (error) {
    unlinkAt(directoryFd, newName);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function openNew(directoryFd: number): number {
  try {
    return openBeneath(directoryFd, newName, newFile, { mode: 0o600 });
  } catch (error) {
    if (error instanceof DiskError && error.kind === "exists")
      throw new Skipped("a file beside it has our name for the new one");
    throw error;
  }
}

/** But capabilities: those are for what the file was. */
function copyXattrs({ directoryFd, name }: Pick<Spot, "directoryFd" | "name">, to: number): void {
  const from = openBeneath(directoryFd, name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    for (const [key, value] of readXattrs(from)) if (key !== "security.capability") setXattr(to, key, value);
  } finally {
    closeSync(from);
  }
}

function openParent(rootFd: number, parts: readonly string[], directories: Owner | undefined): number {
  try {
    return openDirectory(rootFd, parts);
  } catch (error) {
    if (!(error instanceof DiskError) || error.kind !== "missing" || directories === undefined) throw skippedBy(error);
  }
  for (let depth = 1; depth <= parts.length; depth += 1) makeDirectory(rootFd, parts.slice(0, depth), directories);
  try {
    return openDirectory(rootFd, parts);
  } catch (error) {
    throw skippedBy(error);
  }
}

function makeDirectory(rootFd: number, parts: readonly string[], owner: Owner): void {
  const aboveFd = openDirectory(rootFd, parts.slice(0, -1));
  const name = bytesOf(parts.at(-1) ?? "");
  try {
    mkdirAt(aboveFd, name, 0o755);
    const fd = openBeneath(aboveFd, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      if (process.geteuid?.() === 0) fchownAt(fd, new Uint8Array(0), owner.uid, owner.gid);
      fchmod(fd, 0o755);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!(error instanceof DiskError) || error.kind !== "exists") throw skippedBy(error);
  } finally {
    closeSync(aboveFd);
  }
}

function openDirectory(rootFd: number, parts: readonly string[]): number {
  return openInRoot(rootFd, bytesOf(parts.length === 0 ? "." : parts.join("/")), openPath);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "its directory is not there",
  ENOTDIR: "its directory is none",
  ELOOP: "links lead to it in a circle",
};

function skippedBy(error: unknown): unknown {
  const why = error instanceof DiskError ? reasons[error.code] : undefined;
  return why === undefined ? error : new Skipped(why);
}

function statusIfThere(directoryFd: number, name: Uint8Array): FullStatus | undefined {
  try {
    return statusAt(directoryFd, name);
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return undefined;
    throw error;
  }
}
