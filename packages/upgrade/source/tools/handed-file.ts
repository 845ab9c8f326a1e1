import { fstatSync } from "node:fs";
import type { UpgradeSource } from "../installer.ts";

/** A file of the inbox, which a tool opens by its path. */
export interface HandedFile {
  readonly path: string;
  readonly bytes: number;
  /** Which file it is, however a process came to it. */
  readonly device: number;
  readonly inode: number;
}

/** A tool takes nothing else: whoever calls an installer that takes files sees to that. */
export function handedFile(source: UpgradeSource): HandedFile {
  if (source.kind !== "file" || source.path === undefined) {
    throw new TypeError("A tool of the host can only be handed a file of the inbox");
  }
  const { dev, ino } = fstatSync(source.fd);
  return { path: source.path, bytes: source.bytes, device: dev, inode: ino };
}
