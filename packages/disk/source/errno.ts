// The errno values of Linux (asm-generic/errno-base.h and errno.h, the same on x86-64 and arm64) that the calls here can
// answer, with what a person reads. A table of our own: those of node:os and node:util would be loaded by every start of the
// boot hook and of a job, and cost as much as all else that is here.
const errnos: readonly (readonly [number, string, string])[] = [
  [1, "EPERM", "operation not permitted"],
  [2, "ENOENT", "no such file or directory"],
  [3, "ESRCH", "no such process"],
  [4, "EINTR", "interrupted system call"],
  [5, "EIO", "input/output error"],
  [6, "ENXIO", "no such device or address"],
  [7, "E2BIG", "argument list too long"],
  [8, "ENOEXEC", "exec format error"],
  [9, "EBADF", "bad file descriptor"],
  [11, "EAGAIN", "resource temporarily unavailable"],
  [12, "ENOMEM", "not enough memory"],
  [13, "EACCES", "permission denied"],
  [14, "EFAULT", "bad address in system call argument"],
  [15, "ENOTBLK", "block device required"],
  [16, "EBUSY", "resource busy or locked"],
  [17, "EEXIST", "file already exists"],
  [18, "EXDEV", "cross-device link not permitted"],
  [19, "ENODEV", "no such device"],
  [20, "ENOTDIR", "not a directory"],
  [21, "EISDIR", "it is a directory"],
  [22, "EINVAL", "invalid argument"],
  [23, "ENFILE", "file table overflow"],
  [24, "EMFILE", "too many open files"],
  [25, "ENOTTY", "inappropriate ioctl for device"],
  [26, "ETXTBSY", "text file is busy"],
  [27, "EFBIG", "file too large"],
  [28, "ENOSPC", "no space left on device"],
  [29, "ESPIPE", "invalid seek"],
  [30, "EROFS", "read-only file system"],
  [31, "EMLINK", "too many links"],
  [32, "EPIPE", "broken pipe"],
  [34, "ERANGE", "result too large"],
  [35, "EDEADLK", "resource deadlock would occur"],
  [36, "ENAMETOOLONG", "name too long"],
  [37, "ENOLCK", "no locks available"],
  [38, "ENOSYS", "function not implemented"],
  [39, "ENOTEMPTY", "directory not empty"],
  [40, "ELOOP", "too many symbolic links encountered"],
  [61, "ENODATA", "no data available"],
  [75, "EOVERFLOW", "value too large for defined data type"],
  [84, "EILSEQ", "illegal byte sequence"],
  [88, "ENOTSOCK", "socket operation on non-socket"],
  [90, "EMSGSIZE", "message too long"],
  [95, "ENOTSUP", "operation not supported"],
  [97, "EAFNOSUPPORT", "address family not supported"],
  [98, "EADDRINUSE", "address already in use"],
  [105, "ENOBUFS", "no buffer space available"],
  [107, "ENOTCONN", "socket is not connected"],
  [110, "ETIMEDOUT", "connection timed out"],
  [111, "ECONNREFUSED", "connection refused"],
  [116, "ESTALE", "stale file handle"],
  [117, "EUCLEAN", "the file system is damaged"],
  [121, "EREMOTEIO", "remote input/output error"],
  [122, "EDQUOT", "disk quota exceeded"],
  [123, "ENOMEDIUM", "there is no medium in the drive"],
  [125, "ECANCELED", "operation canceled"],
];

export function codeOf(errno: number): string {
  return errnos.find(([number]) => number === errno)?.[1] ?? `errno ${errno}`;
}

/** "no such file or directory (ENOENT)". */
export function reasonOf(code: string): string {
  const text = errnos.find(([, name]) => name === code)?.[2];
  return text === undefined ? code : `${text} (${code})`;
}
