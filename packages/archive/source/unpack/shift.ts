// The owners of an unprivileged container: its ids 0 … count - 1 are base … base + count - 1 on the host, everywhere where a
// file system keeps an id. So a setuid file never belongs to a user of the host, and a capability counts in that container only.
import { type ByteString, printable } from "../tar/byte-string.ts";
import { refused } from "../tar/refusal.ts";

/** The ids of the host that a container's 0 … count - 1 are. */
export interface IdRange {
  readonly base: number;
  readonly count: number;
}

/** For messages: what of which entry has the id. */
interface Bearer {
  readonly path: ByteString;
  readonly what: string;
}

export function shiftedId(id: number, ids: IdRange, { path, what }: Bearer): number {
  if (id < ids.count) return ids.base + id;
  throw refused(
    path,
    `its ${what} ${id} is none of the container's ids, 0 to ${ids.count - 1}; pack it with owners of the container`,
  );
}

/** The value that means on the host what `value` means in the container. */
export function shiftedXattr(key: ByteString, value: Uint8Array, ids: IdRange, path: ByteString): Uint8Array {
  switch (key) {
    case "security.capability":
      return shiftedCapability(value, ids, path);
    case "system.posix_acl_access":
    case "system.posix_acl_default":
      return shiftedAcl(key, value, ids, path);
    default:
      return value;
  }
}

// struct vfs_cap_data and vfs_ns_cap_data of linux/capability.h: the revision and flags, then permitted and inheritable for each 32
// capabilities (revision 1 has the first 32 only), then, of revision 3, the host's id of the root for whom they count.
const revisionMask = 0xff00_0000;
const revisions: Readonly<Record<number, number>> = { 0x0100_0000: 12, 0x0200_0000: 20, 0x0300_0000: 24 };
const revision3 = 0x0300_0000;
const rootIdAt = 20;

function shiftedCapability(value: Uint8Array, ids: IdRange, path: ByteString): Uint8Array {
  const from = viewOf(value);
  const magic = value.byteLength < 4 ? 0 : from.getUint32(0, true);
  const revision = (magic & revisionMask) >>> 0;
  if (revisions[revision] !== value.byteLength) throw refused(path, "its file capabilities are damaged");
  const shifted = new Uint8Array(24);
  shifted.set(value);
  const to = viewOf(shifted);
  to.setUint32(0, ((magic & ~revisionMask) | revision3) >>> 0, true);
  const rootId = revision === revision3 ? from.getUint32(rootIdAt, true) : 0;
  to.setUint32(rootIdAt, shiftedId(rootId, ids, { path, what: "file capabilities' root" }), true);
  return shifted;
}

// linux/posix_acl_xattr.h: a version, then entries of tag (16 bits), permissions (16) and id (32).
const aclVersion = 2;
const aclHeaderBytes = 4;
const aclEntryBytes = 8;
const aclTags: Readonly<Record<number, string>> = { 0x02: "user", 0x08: "group" };

function shiftedAcl(key: ByteString, value: Uint8Array, ids: IdRange, path: ByteString): Uint8Array {
  const isWhole = value.byteLength >= aclHeaderBytes && (value.byteLength - aclHeaderBytes) % aclEntryBytes === 0;
  if (!isWhole || viewOf(value).getUint32(0, true) !== aclVersion) {
    throw refused(path, `its access control list (${printable(key)}) is damaged`);
  }
  const shifted = value.slice();
  const view = viewOf(shifted);
  for (let at = aclHeaderBytes; at < shifted.byteLength; at += aclEntryBytes) {
    const named = aclTags[view.getUint16(at, true)];
    if (named === undefined) continue;
    const bearer = { path, what: `access control list's ${named}` };
    view.setUint32(at + 4, shiftedId(view.getUint32(at + 4, true), ids, bearer), true);
  }
  return shifted;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
