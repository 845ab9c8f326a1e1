import { fchmod, fchmodAt, fchownAt, setXattr, utimensAt } from "@host-service/disk";
import type { ArchiveError } from "../error.ts";
import { type ByteString, bytesOf, printable } from "../tar/byte-string.ts";
import type { TarEntry } from "../tar/entry.ts";
import { refused } from "../tar/refusal.ts";
import { aclOfText } from "./acl-text.ts";
import type { NotKeptCount } from "./not-kept.ts";
import { type IdRange, shiftedId, shiftedXattr } from "./shift.ts";
import { codeOf } from "./write-error.ts";

/** Who unpacks. */
export interface Unpacker {
  /** As root everything is kept or is an error; without, what cannot be kept is counted. */
  readonly isRoot: boolean;
  readonly uid: number;
  readonly gid: number;
  /** Where the tree is an unprivileged container's. */
  readonly ids?: IdRange | undefined;
}

type Attributes = Pick<TarEntry, "path" | "mode" | "uid" | "gid" | "mtime" | "xattrs" | "aclTexts">;

/** An open file or directory, or a name that we have just made. */
export type Target =
  | { readonly kind: "open"; readonly fd: number }
  | {
      readonly kind: "named";
      readonly directoryFd: number;
      readonly name: ByteString;
      /** From the root, which for root is the root of the jail. */
      readonly path: ByteString;
      readonly isLink: boolean;
    };

/** In this order: a new owner takes away setuid and capabilities, and an ACL changes the mode's meaning. */
export function setAttributes(target: Target, attributes: Attributes, unpacker: Unpacker, notKept: NotKeptCount): void {
  const { fd, name } = place(target);
  const { uid, gid } = ownersOf(attributes, unpacker.ids);
  if (unpacker.isRoot) fchownAt(fd, name, uid, gid);
  else if (uid !== unpacker.uid || gid !== unpacker.gid) notKept.add("owners", attributes.path);
  if (target.kind === "open") fchmod(fd, attributes.mode);
  else if (!target.isLink) fchmodAt(fd, name, attributes.mode);
  setXattrs(target, attributes, unpacker, notKept);
  utimensAt(fd, name, { modifiedNs: attributes.mtime });
}

function ownersOf({ path, uid, gid }: Attributes, ids: IdRange | undefined): { uid: number; gid: number } {
  if (ids === undefined) return { uid, gid };
  return { uid: shiftedId(uid, ids, { path, what: "owner" }), gid: shiftedId(gid, ids, { path, what: "group" }) };
}

const nothing = new Uint8Array(0);

function place(target: Target): { fd: number; name: Uint8Array } {
  if (target.kind === "open") return { fd: target.fd, name: nothing };
  return { fd: target.directoryFd, name: bytesOf(target.name) };
}

function setXattrs(target: Target, attributes: Attributes, unpacker: Unpacker, notKept: NotKeptCount): void {
  let isLost = false;
  for (const [key, value] of attributes.xattrs) {
    if (!isKept(target, key, value, { attributes, unpacker })) isLost = true;
  }
  for (const [key, text] of attributes.aclTexts) {
    const name = aclNames[key];
    // A default list of three is more than the mode: it is what new files get.
    if (name !== "system.posix_acl_default" && isMinimalAcl(text)) continue;
    const acl = name === undefined ? undefined : aclOfText(text);
    if (name === undefined || acl === undefined) {
      if (unpacker.isRoot) throw namesOnly(attributes.path, key);
      isLost = true;
    } else if (!attributes.xattrs.has(name) && !isKept(target, name, acl, { attributes, unpacker })) isLost = true;
  }
  if (isLost) notKept.add("xattrs", attributes.path);
}

const aclNames: Readonly<Record<string, ByteString>> = {
  "SCHILY.acl.access": "system.posix_acl_access",
  "SCHILY.acl.default": "system.posix_acl_default",
};

function namesOnly(path: ByteString, key: string): ArchiveError {
  const why = `its access control list (${printable(key)}) is in the text form without numbers, which cannot be kept`;
  return refused(path, `${why}; pack with --xattrs --xattrs-include='*' in place of --acls`);
}

function isKept(
  target: Target,
  key: ByteString,
  value: Uint8Array,
  { attributes, unpacker }: { attributes: Attributes; unpacker: Unpacker },
): boolean {
  // By name there is only the path form, which is safe in the jail alone; a user may set nothing on such entries anyway.
  if (target.kind === "named" && !unpacker.isRoot) return false;
  const { ids } = unpacker;
  const here = ids === undefined ? value : shiftedXattr(key, value, ids, attributes.path);
  try {
    setXattr(target.kind === "open" ? target.fd : bytesOf(`/${target.path}`), bytesOf(key), here);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || code === "ENOSPC" || code === "EDQUOT") throw error;
    if (!unpacker.isRoot) return false;
    throw refused(attributes.path, `its extended attribute "${printable(key)}" cannot be kept (${code})`, error);
  }
}

/** Says no more than the mode does: three entries, for the owner, the group and all others. */
function isMinimalAcl(text: string): boolean {
  const entries = text.split(/[\n,]/u).filter((entry) => entry.trim() !== "");
  return entries.every((entry) => /^\s*(user|group|other|u|g|o)::[rwx-]{3}\s*(#.*)?$/u.test(entry));
}
