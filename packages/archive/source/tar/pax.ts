import { type ByteString, byteString, bytesOf } from "./byte-string.ts";
import { entryLimits } from "./limits.ts";
import { parseDecimal, parseTime } from "./number.ts";
import { corrupt, refused } from "./refusal.ts";

/** What extended headers say about the next entry; a member that is absent was not said. */
export interface PaxAttributes {
  path?: ByteString;
  linkPath?: ByteString;
  bytes?: number;
  uid?: number;
  gid?: number;
  mtime?: bigint;
  xattrs: Map<ByteString, Uint8Array>;
  /** Access control lists in the text form, which has no numbers of its own. */
  aclTexts: Map<string, string>;
  sparse?: PaxSparse;
}

interface PaxSparse {
  major?: number;
  minor?: number;
  name?: ByteString;
  bytes?: number;
  /** Versions 0.0 and 0.1: offset, length, offset, length, … */
  map: number[];
}

export function noAttributes(): PaxAttributes {
  return { xattrs: new Map(), aclTexts: new Map() };
}

/** Records are "LENGTH KEY=VALUE\n" over bytes (POSIX.1-2008, pax): a value may hold any byte, a NUL and a line feed too. */
export function* paxRecords(body: Uint8Array, name: ByteString): Generator<{ key: string; value: Uint8Array }> {
  let at = 0;
  while (at < body.length) {
    const blank = body.indexOf(0x20, at);
    const bytes = blank === -1 ? undefined : parseDecimal(byteString(body.subarray(at, Math.min(blank, at + 17))));
    const end = at + (bytes ?? 0);
    const equals = body.indexOf(0x3d, blank);
    if (bytes === undefined || end > body.length || equals === -1 || equals >= end || body[end - 1] !== 0x0a) {
      throw corrupt(name, "its pax header has a record of a wrong length");
    }
    yield { key: byteString(body.subarray(blank + 1, equals)), value: body.slice(equals + 1, end - 1) };
    at = end;
  }
}

/** `name` is the name of the entry that the records are for, as far as it is known. */
export function readPax(body: Uint8Array, name: ByteString): PaxAttributes {
  const attributes = noAttributes();
  for (const { key, value } of paxRecords(body, name)) applyRecord(attributes, key, value, name);
  return attributes;
}

/** Keys of a global header that change nothing we keep, or that are only a default for owner and time. */
export function readGlobalPax(body: Uint8Array, name: ByteString): PaxAttributes {
  const attributes = readPax(body, name);
  const { path, linkPath, bytes, sparse, xattrs, aclTexts } = attributes;
  const isOfOneEntry = path !== undefined || linkPath !== undefined || bytes !== undefined || sparse !== undefined;
  if (isOfOneEntry || xattrs.size > 0 || aclTexts.size > 0) {
    throw refused(name, "a global pax header may not set the name, size or attributes of every entry");
  }
  return attributes;
}

/** What an entry's own header says wins. */
export function joined(global: PaxAttributes, own: PaxAttributes): PaxAttributes {
  return { ...global, ...own };
}

const xattrPrefix = "SCHILY.xattr.";
const libarchivePrefix = "LIBARCHIVE.xattr.";

function applyRecord(attributes: PaxAttributes, key: string, value: Uint8Array, name: ByteString): void {
  const text = (): string => byteString(value);
  const decimal = (): number => {
    const number = parseDecimal(text());
    if (number === undefined) throw corrupt(name, `its pax record "${key}" is not a number`);
    return number;
  };
  const sparse = (): PaxSparse => (attributes.sparse ??= { map: [] });
  if (key.startsWith(xattrPrefix)) {
    attributes.xattrs.set(decodedKey(key.slice(xattrPrefix.length)), value);
    return;
  }
  if (key.startsWith(libarchivePrefix)) {
    const xattr = percentDecoded(key.slice(libarchivePrefix.length));
    if (!attributes.xattrs.has(xattr)) attributes.xattrs.set(xattr, Buffer.from(text(), "base64"));
    return;
  }
  if (key.startsWith("SCHILY.acl.")) {
    attributes.aclTexts.set(key, text());
    return;
  }
  switch (key) {
    case "path":
      attributes.path = withoutNul(value, name);
      return;
    case "linkpath":
      attributes.linkPath = withoutNul(value, name);
      return;
    case "size":
      attributes.bytes = decimal();
      return;
    case "uid":
      attributes.uid = decimal();
      return;
    case "gid":
      attributes.gid = decimal();
      return;
    case "mtime": {
      const time = parseTime(text());
      if (time === undefined) throw corrupt(name, `its pax record "mtime" is not a time`);
      attributes.mtime = time;
      return;
    }
    case "RHT.security.selinux":
      attributes.xattrs.set("security.selinux", value);
      return;
    case "GNU.sparse.major":
      sparse().major = decimal();
      return;
    case "GNU.sparse.minor":
      sparse().minor = decimal();
      return;
    case "GNU.sparse.name":
      sparse().name = withoutNul(value, name);
      return;
    case "GNU.sparse.size":
    case "GNU.sparse.realsize":
      sparse().bytes = decimal();
      return;
    case "GNU.sparse.offset":
    case "GNU.sparse.numbytes":
      addToMap(sparse(), [decimal()], key === "GNU.sparse.offset" ? 0 : 1, name);
      return;
    case "GNU.sparse.map":
      addToMap(sparse(), mapNumbers(text(), name), 0, name);
      return;
    case "GNU.sparse.numblocks":
      sparse();
      return;
    default:
      if (key.startsWith("GNU.dumpdir") || key.startsWith("GNU.volume.")) {
        throw refused(name, `it is part of a GNU backup (${key}), which is not a root file system`);
      }
      if (key.startsWith("GNU.sparse.")) throw refused(name, `its sparse record "${key}" is not known`);
  }
}

function addToMap(sparse: PaxSparse, numbers: number[], parity: number, name: ByteString): void {
  if (sparse.map.length % 2 !== parity) throw corrupt(name, "its sparse map is out of order");
  if (sparse.map.length + numbers.length > entryLimits.sparseRegionsMax * 2)
    throw refused(name, "its sparse map is too long");
  for (const number of numbers) sparse.map.push(number);
}

function mapNumbers(text: string, name: ByteString): number[] {
  if (text === "") return [];
  return text.split(",").map((part) => {
    const number = parseDecimal(part);
    if (number === undefined) throw corrupt(name, "its sparse map is not a list of numbers");
    return number;
  });
}

function withoutNul(value: Uint8Array, name: ByteString): ByteString {
  if (value.includes(0)) throw refused(name, "its name in the pax header contains a NUL byte");
  return byteString(value);
}

/** GNU tar writes "=" and "%" in the name of an attribute as "%3D" and "%25". */
function decodedKey(key: string): ByteString {
  return key.replace(/%3D/gu, "=").replace(/%25/gu, "%");
}

function percentDecoded(key: string): ByteString {
  return byteString(
    bytesOf(key.replace(/%([0-9A-Fa-f]{2})/gu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))),
  );
}
