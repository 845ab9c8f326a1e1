// A bundle is one plain tar: [manifest, manifest.sig,] config.yaml, [meta.tar.*,] rootfs.tar.* in that order. Only its headers are
// read, with pread, so that parts are used where they lie. The rootfs comes last: who unpacks it cuts the file off behind it.
import { ArchiveError } from "../error.ts";
import { readAt } from "../decode/read-at.ts";
import { recognise } from "../decode/recognise.ts";
import { printable } from "../tar/byte-string.ts";
import { blockBytes, parseHeader } from "../tar/header.ts";
import type { Header } from "../tar/header.ts";
import { readPax } from "../tar/pax.ts";
import { expectedName, partBytesMax, partOrder, requiredParts, roleOf } from "./part-names.ts";
import type { PartRole } from "./part-names.ts";

export interface BundlePart {
  role: PartRole;
  /** Without a leading "./". */
  name: string;
  offset: number;
  bytes: number;
}

export interface Bundle {
  /** In the order of the file. */
  parts: BundlePart[];
  config: BundlePart;
  /** The last one; `offset + bytes` is where the caller may cut the file off. */
  rootfs: BundlePart;
}

const extendedHeadersMax = 16;
const extendedBytesMax = 64 * 1024;

const anew = "make it anew with hostctl image build";

/** Throws ArchiveError "bundle", or "truncated" and "corrupt" of the tar itself. */
export function readBundle(fd: number, bytes: number): Bundle {
  const parts: BundlePart[] = [];
  let extended = 0;
  for (let at = 0; ;) {
    const block = readAt(fd, { offset: at, bytes: Math.max(0, Math.min(blockBytes, bytes - at)) });
    if (block.byteLength < blockBytes) throw cutOff(parts.at(-1));
    const header = readHeader(block, parts.at(-1));
    if (header === undefined) break;
    at += blockBytes;
    if (at + header.bytes > bytes) throw cutOff(parts.at(-1), header);
    if (header.typeFlag === "x" || header.typeFlag === "g") {
      extended++;
      checkExtended(fd, { header, offset: at, count: extended });
    } else {
      parts.push(checkedPart(header, { offset: at, parts }));
    }
    at += Math.ceil(header.bytes / blockBytes) * blockBytes;
  }
  return complete(parts);
}

function readHeader(block: Uint8Array, after: BundlePart | undefined): Header | undefined {
  try {
    return parseHeader(block, after?.name ?? "");
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    const where = after === undefined ? "at its start" : `after "${after.name}"`;
    const hint = after === undefined ? whatInstead(block) : "; fetch it again";
    throw new ArchiveError("corrupt", `Cannot read the bundle: there is no tar header ${where}${hint}`, {
      cause: error,
    });
  }
}

/** A bundle is never compressed: that is a rootfs whose config.yaml was forgotten. */
function whatInstead(block: Uint8Array): string {
  try {
    return `; it is a ${recognise(block)}, give config.yaml before it if it is the rootfs`;
  } catch (error) {
    if (error instanceof ArchiveError) return "; make one with hostctl image build";
    throw error;
  }
}

/** Extended headers may say when a file was made. What would make a name or a size differ from its plain header is refused. */
function checkExtended(fd: number, { header, offset, count }: { header: Header; offset: number; count: number }): void {
  if (header.bytes > extendedBytesMax || count > extendedHeadersMax)
    throw refuse("it has too many or too large pax headers");
  const { path, linkPath, bytes, sparse } = readPax(readAt(fd, { offset, bytes: header.bytes }), header.path);
  if (path !== undefined || linkPath !== undefined || bytes !== undefined || sparse !== undefined) {
    throw refuse("a pax header changes a name or a size; make it with hostctl image build, or with tar --format=gnu");
  }
}

function checkedPart(header: Header, { offset, parts }: { offset: number; parts: readonly BundlePart[] }): BundlePart {
  const name = header.path.replace(/^(?:\.\/)+/u, "");
  const shown = `"${printable(header.path)}"`;
  const role = roleOf(name);
  const order = partOrder.map((known) => expectedName[known]).join(", ");
  if (header.typeFlag === "L" || header.typeFlag === "K") throw refuse("it has a name that is longer than 100 bytes");
  if (role === undefined)
    throw refuse(`unknown member ${shown}; a bundle holds ${order}; a rootfs alone goes after its config.yaml`, name);
  if (!["0", "\u0000", "7"].includes(header.typeFlag)) throw refuse(`${shown} is not a regular file; ${anew}`, name);
  const last = parts.at(-1);
  if (parts.some((part) => part.role === role)) throw refuse(`${shown} comes twice; ${anew}`, name);
  if (last !== undefined && partOrder.indexOf(last.role) > partOrder.indexOf(role)) {
    throw refuse(`${shown} comes after "${last.name}"; the order is ${order}`, name);
  }
  if (header.bytes === 0) throw refuse(`${shown} is empty; ${anew}`, name);
  if (header.bytes > partBytesMax[role]) {
    throw refuse(`${shown} has ${header.bytes} bytes; at most ${partBytesMax[role]} are taken`, name);
  }
  return { role, name, offset, bytes: header.bytes };
}

function complete(parts: BundlePart[]): Bundle {
  const find = (role: PartRole) => parts.find((part) => part.role === role);
  const missing = requiredParts.find((role) => find(role) === undefined);
  if (missing !== undefined) throw refuse(`${expectedName[missing]} is missing; ${anew}`);
  if (find("signature") !== undefined && find("manifest") === undefined)
    throw refuse(`manifest.sig comes without manifest; ${anew}`);
  if (find("manifest") !== undefined && find("signature") === undefined)
    throw refuse(`manifest comes without manifest.sig; ${anew}`);
  const [config, rootfs] = [find("config"), find("rootfs")];
  if (config === undefined || rootfs === undefined) throw new Error("unreachable: both were required above");
  return { parts, config, rootfs };
}

function refuse(why: string, entry?: string): ArchiveError {
  return new ArchiveError(
    "bundle",
    `Cannot read the bundle: ${why}`,
    entry === undefined ? {} : { entry: printable(entry) },
  );
}

function cutOff(after: BundlePart | undefined, inside?: Header): ArchiveError {
  const where =
    inside === undefined
      ? after === undefined
        ? "at its start"
        : `after "${after.name}"`
      : `in "${printable(inside.path)}"`;
  return new ArchiveError("truncated", `Cannot read the bundle: it ends ${where}; fetch it again`);
}
