import { blockBytes, hasRightChecksum } from "@host-service/archive";
import { firstName, hasUstarMagic, isZero } from "./tar/strict-header.ts";

export type UpgradeKind = "artifact" | "set" | "foreign-tar" | "packed" | "other";

/** So many bytes of the beginning are enough for `recogniseUpgrade`. */
export const headBytes = blockBytes;

const packedMagics: readonly (readonly number[])[] = [
  [0x1f, 0x8b, 0x08],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  [0x28, 0xb5, 0x2f, 0xfd],
  // bzip2, lz4, zip
  [0x42, 0x5a, 0x68],
  [0x04, 0x22, 0x4d, 0x18],
  [0x50, 0x4b, 0x03, 0x04],
];

/** What a file is by its content, whatever it is called (specification, section 1). */
export function recogniseUpgrade(head: Uint8Array): UpgradeKind {
  if (packedMagics.some((magic) => magic.every((byte, index) => head[index] === byte))) return "packed";
  if (head.byteLength < headBytes) return "other";
  const block = head.subarray(0, headBytes);
  if (hasUstarMagic(block)) {
    const name = firstName(block);
    if (name === "version") return "artifact";
    return name.endsWith(".mender") ? "set" : "foreign-tar";
  }
  // Tars older than ustar have no magic, but their checksum is right.
  return !isZero(block) && hasRightChecksum(block) ? "foreign-tar" : "other";
}
