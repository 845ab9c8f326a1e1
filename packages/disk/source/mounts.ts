// Mounts by descriptors (mount(2) over /proc/self/fd): what is mounted where was opened before, so that no link that somebody put on
// the way leads a mount elsewhere. They belong to the mount namespace of the calling thread, which is that of the program that it executes.
import { errorOfErrno } from "./disk-error.ts";
import { AT_EMPTY_PATH, ENOSYS, O_DIRECTORY, O_PATH } from "./linux.ts";
import { openBeneath } from "./entries.ts";
import {
  attempt,
  invoke,
  nameAddress,
  pathAddress,
  secondPathAddress,
  structureAddress,
  structureView,
  value,
} from "./system-call.ts";

// linux/mount.h
const MS_RDONLY = 0x1;
const MS_NOSUID = 0x2;
const MS_NODEV = 0x4;
const MS_NOEXEC = 0x8;
const MS_REMOUNT = 0x20;
const MS_NOATIME = 0x400;
const MS_NODIRATIME = 0x800;
const MS_BIND = 0x1000;
const MS_REC = 0x4000;
const MS_SLAVE = 0x80000;
const MS_RELATIME = 0x200000;

const MOUNT_ATTR_RDONLY = 1n;
const AT_RECURSIVE = 0x8000;
const mountAttributeBytes = 32;

// f_flags of statfs(2): the low four are as above.
const ST_NOATIME = 0x400;
const ST_NODIRATIME = 0x800;
const ST_RELATIME = 0x1000;

/** From here on, what is mounted in this namespace stays in it; what others mount still arrives. */
export function keepMountsPrivate(): void {
  mount(undefined, "/", { flags: MS_REC | MS_SLAVE });
}

/** Shows `fromFd`, a file or directory, at `toFd`; recursive: with what is mounted below it. Both may be O_PATH. */
export function bindMount(fromFd: number, toFd: number, options: { recursive?: boolean } = {}): void {
  mount(ofDescriptor(fromFd), ofDescriptor(toFd), { flags: options.recursive === true ? MS_BIND | MS_REC : MS_BIND });
}

/** The mount that the descriptor lies on, with its other restrictions as they are. */
export function makeReadOnly(fd: number, options: { trusted?: boolean } = {}): void {
  const added = options.trusted === true ? MS_RDONLY : MS_RDONLY | MS_NOSUID | MS_NODEV;
  mount(undefined, ofDescriptor(fd), { flags: MS_REMOUNT | MS_BIND | flagsOf(fd) | added });
}

/** The same for what is mounted below it as well (mount_setattr(2)). False, and nothing done, where the kernel is older than 5.12. */
export function makeTreeReadOnly(fd: number): boolean {
  // struct mount_attr of linux/mount.h: attr_set, attr_clr, propagation, userns_fd; 64 bits each.
  for (let offset = 0; offset < mountAttributeBytes; offset += 8) structureView.setBigUint64(offset, 0n, true);
  structureView.setBigUint64(0, MOUNT_ATTR_RDONLY, true);
  const flags = AT_EMPTY_PATH | AT_RECURSIVE;
  const answer = attempt("mount_setattr", fd, pathAddress(""), flags, structureAddress, mountAttributeBytes);
  if (answer === -ENOSYS) return false;
  if (answer < 0) throw errorOfErrno(-answer, "mount_setattr", "");
  return true;
}

/** An empty file system in memory, in which device nodes work. It can be passed through by all and listed by root. */
export function mountMemory(toFd: number): void {
  mount("tmpfs", ofDescriptor(toFd), { type: "tmpfs", flags: MS_NOSUID | MS_NOEXEC, data: "mode=0711" });
}

export interface OverlayLayers {
  /** The first lies above the others. */
  lower: readonly string[];
  /** What is written goes to `data`; `work` is the kernel's own, on the same file system. Without it nothing can be written. */
  upper?: { data: string; work: string };
}

export function mountOverlay(toFd: number, { lower, upper }: OverlayLayers): void {
  const layers = lower.map((path) => escaped(path).replaceAll(":", String.raw`\:`)).join(":");
  const writable = upper === undefined ? "" : `,upperdir=${escaped(upper.data)},workdir=${escaped(upper.work)}`;
  const flags = upper === undefined ? MS_RDONLY : 0;
  mount("overlay", ofDescriptor(toFd), { type: "overlay", flags, data: `lowerdir=${layers}${writable}` });
}

/** The path as it is now, also where something was mounted on it since it was opened. No link is followed. */
export function reopen(directoryFd: number, path: string, options: { directory?: boolean } = {}): number {
  return openBeneath(directoryFd, path, options.directory === true ? O_PATH | O_DIRECTORY : O_PATH, {
    links: "refuse",
  });
}

function ofDescriptor(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** Documentation/filesystems/overlayfs.rst: a backslash takes the meaning from a comma, a colon and itself. */
function escaped(path: string): string {
  return path.replaceAll(/[\\,]/g, String.raw`\$&`);
}

function flagsOf(fd: number): number {
  invoke("fstatfs", undefined, fd, value.address);
  // struct statfs of asm-generic/statfs.h on 64 bits: f_flags is the eleventh word.
  const found = Number(new DataView(value.bytes.buffer, value.bytes.byteOffset).getBigInt64(80, true));
  const same = found & (MS_NOSUID | MS_NODEV | MS_NOEXEC);
  const noAccessTime = (found & ST_NOATIME) === 0 ? 0 : MS_NOATIME;
  const noDirectoryAccessTime = (found & ST_NODIRATIME) === 0 ? 0 : MS_NODIRATIME;
  return same | noAccessTime | noDirectoryAccessTime | ((found & ST_RELATIME) === 0 ? 0 : MS_RELATIME);
}

function mount(
  source: string | undefined,
  target: string,
  what: { type?: string; flags: number; data?: string },
): void {
  const sourceAt = source === undefined ? 0 : pathAddress(source);
  const typeAt = what.type === undefined ? 0 : nameAddress(what.type);
  invoke("mount", target, sourceAt, secondPathAddress(target), typeAt, what.flags, dataAddress(what.data));
}

/** The kernel reads one page at most, with its final NUL. */
const dataBytesMax = 4095;

function dataAddress(text: string | undefined): number {
  if (text === undefined) return 0;
  const bytes = Buffer.from(text);
  if (bytes.byteLength > dataBytesMax || bytes.includes(0))
    throw new Error("Invariant: the options of a mount fit a page");
  value.bytes.set(bytes);
  value.bytes[bytes.byteLength] = 0;
  return value.address;
}
