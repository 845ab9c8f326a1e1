// Which files are upgrades of a host: Mender artifacts and sets by their content, raw images where content or name says so, since anything
// could be one.
import { open } from "node:fs/promises";
import { ArtifactError, recogniseUpgrade } from "@host-service/artifact";
import { checkLocalFile } from "@host-service/client";
import type { LocalFile } from "@host-service/client";

export interface UpgradeFile extends LocalFile {
  kind: "artifact" | "set" | "raw";
}

const headBytes = 4096;
const rawNames = /\.(?:img|raw|wic|ext[234]|squashfs|sqfs|erofs)$/u;
/** File systems and partition tables, by where what they have stands. */
const rawMagics: readonly { at: number; bytes: readonly number[] }[] = [
  // A master boot record, also the one before a GPT
  { at: 510, bytes: [0x55, 0xaa] },
  // ext2, ext3, ext4
  { at: 1080, bytes: [0x53, 0xef] },
  // squashfs
  { at: 0, bytes: [0x68, 0x73, 0x71, 0x73] },
  // EROFS
  { at: 1024, bytes: [0xe2, 0xe1, 0xf5, 0xe0] },
];

/** Undefined for what else may be an image: a bundle, or a part of one. */
export async function upgradeFile(path: string, action: string): Promise<UpgradeFile | undefined> {
  const file = await checkLocalFile(path, { action, what: "an image" });
  const head = await headOf(file.path);
  const kind = recogniseUpgrade(head);
  if (kind === "artifact" || kind === "set") return { ...file, kind };
  if (/\.(?:multi-)?mender$/u.test(path)) {
    const why = "it is neither a Mender artifact nor a set of them";
    throw new ArtifactError("not-an-artifact", `Cannot ${action} ${JSON.stringify(path)}: ${why}`);
  }
  const isRaw = kind === "other" && (rawNames.test(path) || isRawImage(head));
  return isRaw ? { ...file, kind: "raw" } : undefined;
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const head = new Uint8Array(headBytes);
    const { bytesRead } = await file.read(head, 0, headBytes, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function isRawImage(head: Uint8Array): boolean {
  return rawMagics.some(({ at, bytes }) => bytes.every((byte, index) => head[at + index] === byte));
}
