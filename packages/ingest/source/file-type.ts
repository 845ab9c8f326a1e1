import type { BigIntStats } from "node:fs";

export type FileType = Pick<
  BigIntStats,
  "isFile" | "isDirectory" | "isFIFO" | "isSocket" | "isCharacterDevice" | "isBlockDevice" | "isSymbolicLink"
>;

/** Completes "it is …". */
export function describeType(status: FileType): string {
  if (status.isDirectory()) return "a directory";
  if (status.isFIFO()) return "a FIFO";
  if (status.isSocket()) return "a socket";
  if (status.isCharacterDevice()) return "a character device";
  if (status.isBlockDevice()) return "a block device";
  if (status.isSymbolicLink()) return "a symbolic link, and what it points to is not followed";
  return "of an unknown type";
}
