// One block of a tar, read as strictly as a header that no signature covers has to be (specification, section 2).
import { blockBytes, byteString, hasRightChecksum, parseNumber } from "@host-service/archive";
import { shown } from "../refusal.ts";

export interface MemberHeader {
  readonly name: string;
  readonly bytes: number;
}

/** A file's header, the zeros that end an archive, or what is wrong with it, as the end of a sentence. */
export type ReadHeader = MemberHeader | "zeros" | { readonly wrong: string };

const field = {
  name: [0, 100],
  size: [124, 136],
  sum: [148, 156],
  type: 156,
  magic: [257, 263],
  prefix: [345, 500],
} as const;
const magics = ["ustar\0", "ustar "];
const octal = /^ *[0-7]+[ \0]*$/u;

const notFiles: ReadonlyMap<string, string> = new Map([
  ["1", "a hard link"],
  ["2", "a symbolic link"],
  ["3", "a device"],
  ["4", "a device"],
  ["5", "a directory"],
  ["6", "a FIFO"],
  ["x", "a pax header"],
  ["g", "a pax header"],
  ["L", "a GNU long name"],
  ["K", "a GNU long link"],
]);

export function readHeader(block: Uint8Array): ReadHeader {
  if (isZero(block)) return "zeros";
  const isSummed = octal.test(byteString(block.subarray(...field.sum))) && hasRightChecksum(block);
  if (!isSummed) return { wrong: "has a wrong checksum" };
  if (!hasUstarMagic(block)) return { wrong: "is not one of ustar" };
  const name = nameOf(block);
  if (name === undefined) return { wrong: "has a name that is not plain ASCII" };
  const type = String.fromCharCode(block[field.type] ?? 0);
  if (type !== "0" && type !== "\0") {
    return { wrong: `is of ${notFiles.get(type) ?? `the type ${JSON.stringify(type)}`}, not of a file` };
  }
  if (!isZero(block.subarray(...field.prefix))) return { wrong: `splits the name of ${shown(name)}` };
  const bytes = sizeOf(block);
  if (bytes === undefined) return { wrong: `has a size for ${shown(name)} that is no number` };
  if (bytes < 0) return { wrong: `has a negative size for ${shown(name)}` };
  return { name, bytes };
}

export function hasUstarMagic(block: Uint8Array): boolean {
  return block.byteLength >= blockBytes && magics.includes(byteString(block.subarray(...field.magic)));
}

/** The first name of what has the magic, for who only wants to know what a file is. */
export function firstName(block: Uint8Array): string {
  return byteString(block.subarray(...field.name)).replace(/\0.*$/su, "");
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.byteLength === 0 || Buffer.compare(bytes, zeros(bytes.byteLength)) === 0;
}

let zeroBytes = new Uint8Array(blockBytes);

function zeros(bytes: number): Uint8Array {
  if (zeroBytes.byteLength < bytes) zeroBytes = new Uint8Array(bytes);
  return zeroBytes.subarray(0, bytes);
}

function nameOf(block: Uint8Array): string | undefined {
  const text = byteString(block.subarray(...field.name));
  return /^([\x20-\x7e]+)\0*$/u.exec(text)?.[1];
}

/** parseNumber takes an empty field for 0, as tars do; a size that is not there is none. */
function sizeOf(block: Uint8Array): number | undefined {
  const [from, end] = field.size;
  const isBinary = ((block[from] ?? 0) & 0x80) !== 0;
  if (!isBinary && !octal.test(byteString(block.subarray(from, end)))) return undefined;
  return parseNumber(block, from, end);
}
