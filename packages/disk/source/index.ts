export { fchmod, fchmodAt, fchownAt, utimensAt } from "./attributes.ts";
export { capability, confineCapabilities, dropCapabilities, heldCapabilities } from "./capabilities.ts";
export {
  copyFileRange,
  fallocate,
  ftruncate,
  pipe,
  reflink,
  seek,
  seekExtent,
  startWriting,
  syncFileSystem,
} from "./contents.ts";
export {
  hasPeerLeft,
  type PeerCredentials,
  peerCredentials,
  type Received,
  receiveDescriptors,
  sendDescriptors,
} from "./descriptors.ts";
export { alignedMemory, logicalBlockBytes } from "./direct.ts";
export { type Disk, type EntryStatus } from "./disk.ts";
export { DiskError, type DiskErrorKind, type DiskPath } from "./disk-error.ts";
export { reasonOf } from "./errno.ts";
export { linkAt, mkdirAt, mknodAt, openBeneath, openInRoot, renameAt, symlinkAt, unlinkAt } from "./entries.ts";
export { execute, keepOnExecute } from "./execute.ts";
export { freeSpace } from "./free-space.ts";
export { chroot, noNewPrivileges, parentDeathSignal } from "./jail.ts";
export {
  AT_FDCWD,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "./linux.ts";
export { kernelKnows, type ProbedCall } from "./kernel-knows.ts";
export { type Lock, lockFile } from "./lock.ts";
export {
  bindMount,
  keepMountsPrivate,
  makeReadOnly,
  makeTreeReadOnly,
  mountMemory,
  mountOverlay,
  type OverlayLayers,
  reopen,
} from "./mounts.ts";
export { attachMount, copyMount, detachMount, enterMounts, leaveMounts, setFileSystemIds } from "./other-mounts.ts";
export { notifySystemd } from "./notify.ts";
export { hasProcessEnded, openProcess, peerProcess } from "./processes.ts";
export { releaseProgram } from "./release-program.ts";
export { realDisk } from "./real-disk.ts";
export { describeOpening, duplicate, type Opening } from "./opening.ts";
export { removeTree } from "./remove-tree.ts";
export { replaceFile, replaceLink, unlinkDurably } from "./replace.ts";
export { denySystemCalls } from "./seccomp.ts";
export { type FullStatus, statusAt } from "./status-at.ts";
export { type SystemCallName } from "./system-call-numbers.ts";
export { readXattr, readXattrs, setXattr } from "./xattrs.ts";
