// Names beneath a directory that is open: what an unpacker makes. None of these follows a link in the last name; the
// kernel follows links in the directories before it, so whoever unpacks opens the parent with openBeneath first.
import { DiskError, type DiskPath, errorOfErrno } from "./disk-error.ts";
import {
  AT_REMOVEDIR,
  EAGAIN,
  O_CLOEXEC,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from "./linux.ts";
import { attempt, invoke, pathAddress, secondPathAddress, structureAddress, structureView } from "./system-call.ts";

const attemptsMax = 16;

/**
 * Opens a path that cannot leave the directory, whatever links lie on it (openat2(2)); always closed on exec. Kind
 * `escapes` when it would. `links: "refuse"` refuses to follow any link at all.
 */
export function openBeneath(
  directoryFd: number,
  path: DiskPath,
  flags: number,
  options: { mode?: number; links?: "follow" | "refuse" } = {},
): number {
  const resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const links = options.links === "refuse" ? RESOLVE_NO_SYMLINKS : 0;
  return openResolved(directoryFd, path, { flags, mode: options.mode ?? 0, resolve: resolve | links });
}

/** Opens a path as a process would whose root the directory is: absolute links and ".." lead nowhere else (openat2(2)). */
export function openInRoot(rootFd: number, path: DiskPath, flags: number): number {
  return openResolved(rootFd, path, { flags, mode: 0, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS });
}

function openResolved(
  directoryFd: number,
  path: DiskPath,
  { flags, mode, resolve }: { flags: number; mode: number; resolve: number },
): number {
  const address = pathAddress(path);
  // struct open_how of linux/openat2.h: flags, mode, resolve; 64 bits each.
  putWord(0, flags | O_CLOEXEC);
  putWord(8, mode);
  putWord(16, resolve);
  // EAGAIN: something was renamed while ".." was resolved, and the kernel could not be sure.
  for (let tried = 1; ; tried += 1) {
    const answer = attempt("openat2", directoryFd, address, structureAddress, 24);
    if (answer >= 0) return answer;
    if (answer !== -EAGAIN || tried === attemptsMax) throw errorOfErrno(-answer, "openat2", path);
  }
}

/** The umask takes bits from `mode`. */
export function mkdirAt(directoryFd: number, path: DiskPath, mode: number): void {
  invoke("mkdirat", path, directoryFd, pathAddress(path), mode);
}

/** `mode` has the type in it (S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFREG); the umask takes bits from the rest. */
export function mknodAt(
  directoryFd: number,
  path: DiskPath,
  mode: number,
  device: { major: number; minor: number } = { major: 0, minor: 0 },
): void {
  const number = deviceNumber(device);
  if (number === undefined) {
    const why = `no device node can have the numbers ${device.major}, ${device.minor}`;
    throw new DiskError({ kind: "system-call", code: "EINVAL", call: "mknodat", path, why });
  }
  invoke("mknodat", path, directoryFd, pathAddress(path), mode, number);
}

/** Makes a symbolic link at `path`; the target is any bytes. */
export function symlinkAt(target: DiskPath, directoryFd: number, path: DiskPath): void {
  invoke("symlinkat", path, secondPathAddress(target), directoryFd, pathAddress(path));
}

/** A hard link to the entry `from` itself, also when that is a symbolic link. */
export function linkAt(fromDirectoryFd: number, from: DiskPath, directoryFd: number, path: DiskPath): void {
  invoke("linkat", path, fromDirectoryFd, secondPathAddress(from), directoryFd, pathAddress(path), 0);
}

/** Within one directory, over whatever has the name `to`. */
export function renameAt(directoryFd: number, from: DiskPath, to: DiskPath): void {
  invoke("renameat2", to, directoryFd, secondPathAddress(from), directoryFd, pathAddress(to), 0);
}

export function unlinkAt(directoryFd: number, path: DiskPath, what: "entry" | "directory" = "entry"): void {
  invoke("unlinkat", path, directoryFd, pathAddress(path), what === "directory" ? AT_REMOVEDIR : 0);
}

// None of them needs more than 32 bits; setBigUint64 would take several times as long.
function putWord(offset: number, word: number): void {
  structureView.setUint32(offset, word, true);
  structureView.setUint32(offset + 4, 0, true);
}

// The kernel's new_encode_dev (linux/kdev_t.h): 12 bits of major, 20 of minor, with the minor's low byte first.
function deviceNumber({ major, minor }: { major: number; minor: number }): number | undefined {
  if (!(major >= 0 && major <= 0xfff && minor >= 0 && minor <= 0xfffff)) return undefined;
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}
