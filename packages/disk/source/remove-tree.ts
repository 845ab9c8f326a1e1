// Removes a tree that somebody hostile may have made: every directory is opened without following a link, and names
// are looked up beneath that descriptor (/proc/self/fd/N/name), never by a long path again. At most `depthMax`
// directories are open at once: what lies deeper is first moved up into the top directory. Everything waits in
// node:fs's thread pool, so that the loop stays free.
import { chmod, type FileHandle, open, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { DiskError, errorOfNode } from "./disk-error.ts";
import { O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from "./linux.ts";
import { statusAt } from "./status-at.ts";

const depthMax = 32;
const atOnceMax = 64;

interface Removal {
  path: string;
  top: FileHandle;
  moved: number;
}

/** Fine when there is nothing. Kind `system-call` with code `EBUSY` when something is mounted in the tree. */
export async function removeTree(path: string): Promise<void> {
  try {
    const entry = Buffer.from(path);
    if (!(await isDirectoryAfterUnlink(entry))) return;
    await withDirectory(entry, async (top) => {
      const removal: Removal = { path, top, moved: 0 };
      let movedBefore: number;
      do {
        movedBefore = removal.moved;
        await empty(removal, top, 0);
      } while (removal.moved > movedBefore);
    });
    await rmdir(path);
  } catch (error) {
    throw errorOfNode(error, "removeTree", path);
  }
}

async function empty(removal: Removal, directory: FileHandle, depth: number): Promise<void> {
  const names = await readdir(`/proc/self/fd/${directory.fd}`, { encoding: "buffer" });
  const directories: Buffer[] = [];
  for (let start = 0; start < names.length; start += atOnceMax) {
    const entries = names.slice(start, start + atOnceMax).map((name) => entryIn(directory, name));
    const remains = await Promise.all(entries.map(isDirectoryAfterUnlink));
    directories.push(...entries.filter((_, index) => remains[index]));
  }
  for (const entry of directories) {
    if (depth === depthMax) await moveUp(removal, entry);
    else await removeDirectory(removal, entry, depth + 1);
  }
}

async function removeDirectory(removal: Removal, entry: Buffer, depth: number): Promise<void> {
  await withDirectory(entry, async (directory) => {
    if (statusAt(directory.fd, "").isMountRoot) {
      const why = "something is mounted in it; unmount that first";
      throw new DiskError({ kind: "system-call", code: "EBUSY", call: "removeTree", path: removal.path, why });
    }
    await empty(removal, directory, depth);
  });
  await rmdir(entry);
}

async function moveUp(removal: Removal, entry: Buffer): Promise<void> {
  // A directory can be moved only by who may write it: its ".." changes.
  await withDirectory(entry, async () => {});
  for (;;) {
    removal.moved += 1;
    const name = Buffer.from(`.moved-${removal.moved}`);
    try {
      return await rename(entry, entryIn(removal.top, name));
    } catch (error) {
      if (!nameIsTaken(error)) throw error;
    }
  }
}

async function isDirectoryAfterUnlink(entry: Buffer): Promise<boolean> {
  try {
    await unlink(entry);
  } catch (error) {
    if (codeOf(error) === "EISDIR") return true;
    if (codeOf(error) !== "ENOENT") throw error;
  }
  return false;
}

// Opens it so that its entries can be listed and removed, whatever its mode is.
async function withDirectory(entry: Buffer, use: (directory: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(entry, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  try {
    const itself = `/proc/self/fd/${handle.fd}`;
    if ((statusAt(handle.fd, "").mode & 0o700) !== 0o700) await chmod(itself, 0o700);
    const directory = await open(`${itself}/.`, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    try {
      await use(directory);
    } finally {
      await directory.close();
    }
  } finally {
    await handle.close();
  }
}

function entryIn(directory: FileHandle, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${directory.fd}/`), name]);
}

function nameIsTaken(error: unknown): boolean {
  return ["EEXIST", "ENOTEMPTY", "ENOTDIR"].includes(codeOf(error) ?? "");
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
