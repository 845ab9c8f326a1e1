import type { EntryStatus } from "./disk.ts";
import type { DiskPath } from "./disk-error.ts";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  STATX_ATTR_MOUNT_ROOT,
  STATX_BASIC_STATS,
} from "./linux.ts";
import { invoke, pathAddress, structureAddress, structureView } from "./system-call.ts";

export interface FullStatus extends EntryStatus {
  /** Type and permission bits as the kernel has them (S_IF…). */
  rawMode: number;
  uid: number;
  gid: number;
  links: number;
  inode: bigint;
  /** Of the file system that holds it. */
  device: { major: number; minor: number };
  /** Of the device that a device node stands for. */
  represents: { major: number; minor: number };
  /** Allocated; less than `bytes` in a sparse file. */
  allocatedBytes: number;
  modifiedNs: bigint;
  isMountRoot: boolean;
}

/** Of the entry itself, never of what a link points to; the empty path is the descriptor itself. */
export function statusAt(directoryFd: number, path: DiskPath): FullStatus {
  const flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
  invoke("statx", path, directoryFd, pathAddress(path), flags, STATX_BASIC_STATS, structureAddress);
  // struct statx of linux/stat.h: attributes at 8, nlink 16, uid 20, gid 24, mode 28 (16 bits), ino 32, size 40,
  // blocks 48, mtime 112 (seconds, then nanoseconds at 120), rdev 128 and 132, dev 136 and 140.
  const view = structureView;
  const rawMode = view.getUint16(28, true);
  return {
    type: typeOf(rawMode),
    bytes: Number(view.getBigUint64(40, true)),
    mode: rawMode & 0o7777,
    rawMode,
    uid: view.getUint32(20, true),
    gid: view.getUint32(24, true),
    links: view.getUint32(16, true),
    inode: view.getBigUint64(32, true),
    device: { major: view.getUint32(136, true), minor: view.getUint32(140, true) },
    represents: { major: view.getUint32(128, true), minor: view.getUint32(132, true) },
    allocatedBytes: Number(view.getBigUint64(48, true)) * 512,
    modifiedNs: view.getBigInt64(112, true) * 1_000_000_000n + BigInt(view.getUint32(120, true)),
    isMountRoot: (view.getBigUint64(8, true) & STATX_ATTR_MOUNT_ROOT) !== 0n,
  };
}

function typeOf(rawMode: number): EntryStatus["type"] {
  const type = rawMode & S_IFMT;
  if (type === S_IFREG) return "file";
  if (type === S_IFDIR) return "directory";
  return type === S_IFLNK ? "symlink" : "other";
}
