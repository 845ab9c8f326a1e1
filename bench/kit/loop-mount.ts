import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { atEnd } from "./cleanup.ts";
import { shellNow } from "./run.ts";

export const fileSystems = ["ext4", "btrfs", "xfs"] as const;
export type FileSystem = (typeof fileSystems)[number];

export interface LoopMount {
  readonly system: FileSystem;
  readonly directory: string;
  end(): void;
}

const bytes = 6 * 2 ** 30;

/** A new file system in a file with holes. */
export function mountLoop(below: string, system: FileSystem): LoopMount {
  const file = path.join(below, `${system}.img`);
  const directory = path.join(below, system);
  writeFileSync(file, "");
  truncateSync(file, bytes);
  mkdirSync(directory);
  shellNow('"mkfs.$1" -q "$2"', system, file);
  shellNow('mount -o loop "$1" "$2"', file, directory);
  const end = atEnd(() => {
    shellNow('umount "$1" || { sleep 1; umount "$1"; }', directory);
    rmSync(file);
  });
  return { system, directory, end };
}
