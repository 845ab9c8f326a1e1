import type { ByteString } from "./byte-string.ts";
import type { Header } from "./header.ts";
import { entryLimits } from "./limits.ts";
import type { PaxAttributes } from "./pax.ts";
import { corrupt, refused } from "./refusal.ts";
import type { Region } from "./sparse.ts";

interface Attributes {
  /** As in the archive: not yet checked for where it leads. */
  readonly path: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  readonly xattrs: ReadonlyMap<ByteString, Uint8Array>;
  readonly aclTexts: ReadonlyMap<string, string>;
}

export interface FileEntry extends Attributes {
  readonly type: "file";
  /** Apparent size: where it is more than the regions hold, the rest is holes. */
  readonly bytes: number;
  readonly regions: readonly Region[];
}

export interface DirectoryEntry extends Attributes {
  readonly type: "directory";
}

export interface FifoEntry extends Attributes {
  readonly type: "fifo";
}

export interface SymbolicLinkEntry extends Attributes {
  readonly type: "symbolic-link";
  readonly target: ByteString;
}

export interface HardLinkEntry extends Attributes {
  readonly type: "hard-link";
  /** The name of an earlier entry. */
  readonly target: ByteString;
}

export interface DeviceEntry extends Attributes {
  readonly type: "character-device" | "block-device";
  readonly major: number;
  readonly minor: number;
}

export type TarEntry = FileEntry | DirectoryEntry | FifoEntry | SymbolicLinkEntry | HardLinkEntry | DeviceEntry;

/** What the blocks before an entry's own header said about it. */
export interface Extensions {
  readonly pax: PaxAttributes;
  readonly longPath: ByteString | undefined;
  readonly longLink: ByteString | undefined;
}

/** The name under which everything about this header is reported. */
export function nameOf(header: Header, extensions: Extensions): ByteString {
  return extensions.pax.sparse?.name ?? extensions.pax.path ?? extensions.longPath ?? header.path;
}

/** The kind of entry that a type flag stands for; refused by name where we do not know how to keep it. */
export function entryTypeOf(header: Header, name: ByteString): TarEntry["type"] {
  switch (header.typeFlag) {
    case "\0":
    case "0":
      // Tars older than ustar have no flag for a directory.
      return name.endsWith("/") ? "directory" : "file";
    case "7":
    case "S":
      return "file";
    case "1":
      return "hard-link";
    case "2":
      return "symbolic-link";
    case "3":
      return "character-device";
    case "4":
      return "block-device";
    case "5":
      return "directory";
    case "6":
      return "fifo";
    case "D":
    case "M":
    case "N":
    case "V":
      throw refused(name, `it is part of a GNU backup (type "${header.typeFlag}"), which is not a root file system`);
    default:
      throw refused(name, `its type ${JSON.stringify(header.typeFlag)} is not known`);
  }
}

/** An entry that has no contents. */
export function plainEntry(type: Exclude<TarEntry["type"], "file">, header: Header, extensions: Extensions): TarEntry {
  const attributes = attributesOf(header, extensions);
  switch (type) {
    case "directory":
    case "fifo":
      return { type, ...attributes };
    case "symbolic-link":
    case "hard-link":
      return { type, ...attributes, target: targetOf(header, extensions, attributes.path) };
    case "character-device":
    case "block-device":
      return { type, ...attributes, ...deviceOf(header, attributes.path) };
  }
}

export function fileEntry(
  header: Header,
  extensions: Extensions,
  contents: { bytes: number; regions: readonly Region[] },
): FileEntry {
  return { type: "file", ...attributesOf(header, extensions), ...contents };
}

function attributesOf(header: Header, extensions: Extensions): Attributes {
  const { pax } = extensions;
  const path = nameOf(header, extensions);
  const owner = (value: number, what: string): number => {
    if (value < 0 || value > entryLimits.ownerMax) throw refused(path, `its ${what} ${value} is not possible`);
    return value;
  };
  return {
    path,
    mode: header.mode,
    uid: owner(pax.uid ?? header.uid, "owner"),
    gid: owner(pax.gid ?? header.gid, "group"),
    mtime: pax.mtime ?? BigInt(header.mtimeSeconds) * 1_000_000_000n,
    xattrs: pax.xattrs,
    aclTexts: pax.aclTexts,
  };
}

function targetOf(header: Header, extensions: Extensions, name: ByteString): ByteString {
  const target = extensions.pax.linkPath ?? extensions.longLink ?? header.linkPath;
  if (target === "") throw corrupt(name, "it is a link to nothing");
  if (target.length > entryLimits.pathBytesMax) {
    throw refused(name, `it links to a name of ${target.length} bytes, more than ${entryLimits.pathBytesMax}`);
  }
  return target;
}

function deviceOf(header: Header, name: ByteString): { major: number; minor: number } {
  const { deviceMajor: major, deviceMinor: minor } = header;
  const isPossible =
    major >= 0 && major <= entryLimits.deviceMajorMax && minor >= 0 && minor <= entryLimits.deviceMinorMax;
  if (!isPossible) throw refused(name, `its device number ${major}:${minor} is not possible`);
  return { major, minor };
}
