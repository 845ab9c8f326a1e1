import { statfsSync } from "node:fs";
import { errorOfNode } from "./disk-error.ts";

/** What this user may still take; a file system without a fixed number of inodes has infinitely many. */
export function freeSpace(path: string): { bytes: number; inodes: number } {
  try {
    const { bsize, bavail, files, ffree } = statfsSync(path);
    return { bytes: bsize * bavail, inodes: files === 0 ? Infinity : ffree };
  } catch (error) {
    throw errorOfNode(error, "statfs", path);
  }
}
