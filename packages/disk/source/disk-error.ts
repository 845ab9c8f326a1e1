import { codeOf, reasonOf } from "./errno.ts";

export type DiskErrorKind = "missing" | "exists" | "no-space" | "lock-held" | "escapes" | "not-regular" | "system-call";

/** A path in Linux is bytes; a string stands for its UTF-8. */
export type DiskPath = string | Uint8Array;

export interface DiskErrorDetails {
  kind: DiskErrorKind;
  /** The name of the errno, such as `ENOENT`. */
  code: string;
  /** The system call, or the operation of ours. */
  call: string;
  path?: DiskPath | undefined;
  /** Replaces the text that the errno has by itself. */
  why?: string;
  cause?: unknown;
}

/** Every expected failure of this package. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  readonly kind: DiskErrorKind;
  readonly code: string;
  readonly call: string;
  readonly path: string | undefined;

  constructor(details: DiskErrorDetails) {
    const path = details.path === undefined ? undefined : printable(details.path);
    super(
      `Cannot ${deeds[details.call] ?? details.call}${path === undefined ? "" : ` "${path}"`}: ${details.why ?? reasonOf(details.code)}`,
      details.cause === undefined ? {} : { cause: details.cause },
    );
    this.kind = details.kind;
    this.code = details.code;
    this.call = details.call;
    this.path = path;
  }
}

/** The error of a system call that answered with this errno. */
export function errorOfErrno(errno: number, call: string, path?: DiskPath): DiskError {
  const code = codeOf(errno);
  return new DiskError({ kind: kindOf(code, call), code, call, path });
}

/** The same for what node:fs threw; anything that is no system error comes back as it was. */
export function errorOfNode(error: unknown, call: string, path: string): unknown {
  if (error instanceof DiskError || !(error instanceof Error)) return error;
  if (!("code" in error) || typeof error.code !== "string") return error;
  if (!/^E[A-Z0-9]+$/.test(error.code)) return error;
  return new DiskError({ kind: kindOf(error.code, call), code: error.code, call, path, cause: error });
}

function kindOf(code: string, call: string): DiskErrorKind {
  if (code === "ENOENT") return "missing";
  if (code === "EEXIST") return "exists";
  if (code === "ENOSPC" || code === "EDQUOT") return "no-space";
  // openat2(2): EXDEV is an escape from the directory, ELOOP a link that the call was told not to follow.
  if (call === "openat2" && (code === "EXDEV" || code === "ELOOP")) return "escapes";
  return "system-call";
}

function printable(path: DiskPath): string {
  return typeof path === "string" ? path : new TextDecoder().decode(path);
}

/** What a person would say for a call; those that are missing here are named as they are. */
const deeds: Record<string, string> = {
  openat2: "open",
  mkdirat: "make the directory",
  mkdir: "make the directory",
  mknodat: "make the special file",
  symlinkat: "make the symbolic link",
  symlink: "make the symbolic link",
  linkat: "make the hard link",
  unlinkat: "remove",
  unlink: "remove",
  removeTree: "remove",
  renameat2: "rename",
  fchownat: "change the owner of",
  fchmodat: "change the mode of",
  utimensat: "set the times of",
  lsetxattr: "set the extended attribute of",
  fsetxattr: "set an extended attribute",
  lstat: "look at",
  statx: "look at",
  statfs: "measure the free space of",
  readdir: "list",
  readlink: "read the link",
  mount: "mount on",
  flock: "lock",
  fsync: "sync",
};
