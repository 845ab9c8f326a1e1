export { copyFileRange, fallocate, ftruncate, pipe, reflink, seek, seekExtent, syncFileSystem } from "./contents.ts";
export { type Disk, type EntryStatus } from "./disk.ts";
export { DiskError, type DiskErrorKind, type DiskPath } from "./disk-error.ts";
export { freeSpace } from "./free-space.ts";
export { type Lock, lockFile } from "./lock.ts";
export { realDisk } from "./real-disk.ts";
export { replaceFile, replaceLink, unlinkDurably } from "./replace.ts";
export { type FullStatus, statusAt } from "./status-at.ts";
