// What a power cut leaves. The kernel may have written anything that was not synced, or not, in any order, with three
// limits that every journalling file system keeps: a rename is one change, a change of one file's name comes after
// the earlier ones of that file, and what was synced stays.
import type { DirectoryInode, Inode, PendingChange } from "./inodes.ts";
import { emptyDirectory, putEntry } from "./inodes.ts";

/**
 * `kept`: everything was written. `lost`: nothing that was not synced. `torn`: all names, but no contents that were not
 * synced. `mixed`: by a seed, each on its own.
 */
export type Reading = "kept" | "lost" | "torn" | "mixed";

export function survivingRoot(
  root: DirectoryInode,
  pending: readonly PendingChange[],
  reading: Reading,
  random: () => number,
): DirectoryInode {
  const kept = pending.length === 0 ? new Set<PendingChange>() : keptChanges(pending, reading, random);
  const entriesOf = (directory: DirectoryInode): Map<string, Inode> => {
    if (reading === "kept" || reading === "torn") return directory.entries;
    const entries = new Map(directory.durable);
    for (const change of kept) {
      for (const step of change.steps) if (step.directory === directory) putEntry(entries, step.name, step.after);
    }
    return entries;
  };
  const copyOf = (inode: Inode): Inode => {
    if (inode.type === "symlink") return { ...inode };
    if (inode.type === "directory") return copyOfDirectory(inode);
    const isWhole = inode.durable === inode.contents || reading === "kept" || (reading === "mixed" && random() < 0.5);
    const contents = isWhole ? inode.contents : torn(inode.contents, random);
    return { type: "file", mode: inode.mode, contents, durable: contents };
  };
  const copyOfDirectory = (directory: DirectoryInode): DirectoryInode => {
    const copy = emptyDirectory(directory.mode);
    for (const [name, inode] of entriesOf(directory)) copy.entries.set(name, copyOf(inode));
    copy.durable = new Map(copy.entries);
    return copy;
  };
  return copyOfDirectory(root);
}

// In the order in which they were made.
function keptChanges(pending: readonly PendingChange[], reading: Reading, random: () => number): Set<PendingChange> {
  if (reading === "lost") return new Set();
  const inodes = new Set<Inode>();
  const kept: PendingChange[] = [];
  for (const change of pending.toReversed()) {
    if (!inodes.has(change.inode) && random() < 0.5) continue;
    inodes.add(change.inode);
    kept.push(change);
  }
  return new Set(kept.reverse());
}

// Empty, cut off, or of the right length and zero: all three have been seen on real disks.
function torn(contents: Uint8Array, random: () => number): Uint8Array {
  const kind = random();
  if (kind < 1 / 3) return new Uint8Array();
  if (kind < 2 / 3) return contents.slice(0, Math.floor(random() * contents.byteLength));
  return new Uint8Array(contents.byteLength);
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
