// Receive, verify, commit for one name: what a reader finds under it is the old contents or the new, never a part, at
// whatever instant the power goes. The one writer of a name holds a lock; a temporary name of an earlier writer that
// died is therefore garbage.
import { basename, dirname, join } from "node:path";
import type { Disk } from "./disk.ts";
import { DiskError } from "./disk-error.ts";

/** Durable when it answers. */
export async function replaceFile(
  disk: Disk,
  path: string,
  contents: string | Uint8Array,
  options: { mode?: number } = {},
): Promise<void> {
  await replace(disk, path, async (temporary) => {
    await disk.create(temporary, contents, options);
    await disk.sync(temporary);
  });
}

/** The same for a symbolic link; its target is the link itself, so there is nothing to sync before the rename. */
export async function replaceLink(disk: Disk, path: string, target: string): Promise<void> {
  await replace(disk, path, (temporary) => disk.link(target, temporary));
}

/** Durable when it answers; fine when there is nothing, and then still durable. */
export async function unlinkDurably(disk: Disk, path: string): Promise<void> {
  await unlinkIfThere(disk, path);
  await disk.sync(dirname(path));
}

async function replace(disk: Disk, path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  await unlinkIfThere(disk, temporary);
  try {
    await make(temporary);
    // The point of no return.
    await disk.rename(temporary, path);
  } catch (error) {
    await unlinkIfThere(disk, temporary);
    throw error;
  }
  await disk.sync(dirname(path));
}

async function unlinkIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch (error) {
    if (!(error instanceof DiskError) || error.kind !== "missing") throw error;
  }
}
