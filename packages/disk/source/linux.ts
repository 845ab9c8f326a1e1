// Numbers of the kernel's interface that our calls use, from the header named beside each group.
import { constants } from "node:fs";

/** `errno` values that our own code tells apart; asm-generic/errno-base.h and errno.h. */
export const EINTR = 4;
export const EPERM = 1;
export const EAGAIN = 11;
export const ENOSYS = 38;
export const ENODATA = 61;
export const ENOPROTOOPT = 92;

/** Flags of open; node:fs has them by architecture (arm64 numbers O_DIRECTORY and O_NOFOLLOW differently). */
export const O_RDONLY = constants.O_RDONLY;
export const O_WRONLY = constants.O_WRONLY;
export const O_RDWR = constants.O_RDWR;
export const O_CREAT = constants.O_CREAT;
export const O_EXCL = constants.O_EXCL;
export const O_TRUNC = constants.O_TRUNC;
export const O_NONBLOCK = constants.O_NONBLOCK;
export const O_NOFOLLOW = constants.O_NOFOLLOW;
export const O_DIRECTORY = constants.O_DIRECTORY;
export const O_DIRECT = constants.O_DIRECT;
// asm-generic/fcntl.h; node:fs lacks these two.
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;

// linux/fcntl.h
export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_EMPTY_PATH = 0x1000;

// linux/openat2.h
export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_NO_SYMLINKS = 0x04;
export const RESOLVE_BENEATH = 0x08;
export const RESOLVE_IN_ROOT = 0x10;

// linux/stat.h
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;

export const STATX_BASIC_STATS = 0x7ff;
export const STATX_ATTR_MOUNT_ROOT = 0x2000n;

// bits/stat.h of the C library: a time of utimensat that stays as it is.
export const UTIME_OMIT = 0x3ffffffen;

// linux/fs.h: _IOW(0x94, 9, int); asm-generic/ioctl.h, the same on both architectures.
export const FICLONE = 0x40049409;
// linux/fs.h: _IO(0x12, 104)
export const BLKSSZGET = 0x1268;

// linux/falloc.h
export const FALLOC_FL_KEEP_SIZE = 0x01;
export const FALLOC_FL_PUNCH_HOLE = 0x02;

// asm-generic/fcntl.h (flock(2))
export const LOCK_EX = 2;
export const LOCK_NB = 4;

// linux/socket.h
export const AF_UNIX = 1;
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = 0o2000000;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_DONTWAIT = 0x40;
export const MSG_CTRUNC = 0x8;
export const MSG_CMSG_CLOEXEC = 0x40000000;
export const SCM_RIGHTS = 1;

// asm-generic/socket.h
export const SOL_SOCKET = 1;
export const SO_PEERCRED = 17;
export const SO_PEERPIDFD = 77;

// asm-generic/poll.h
export const POLLIN = 0x1;
export const POLLERR = 0x8;
export const POLLHUP = 0x10;

// linux/fcntl.h and asm-generic/fcntl.h
export const F_GETFL = 3;
export const F_DUPFD_CLOEXEC = 1030;
export const F_GET_SEALS = 1034;
export const F_SEAL_SHRINK = 0x2;
export const F_SEAL_WRITE = 0x8;
export const O_ACCMODE = 0o3;
