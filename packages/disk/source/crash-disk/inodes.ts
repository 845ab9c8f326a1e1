// A small file system in memory that knows, beside what a program sees now, what a power cut would leave.

interface FileInode {
  type: "file";
  mode: number;
  contents: Uint8Array;
  /** What was last synced; undefined when nothing ever was. */
  durable: Uint8Array | undefined;
}

export interface DirectoryInode {
  type: "directory";
  mode: number;
  entries: Map<string, Inode>;
  durable: Map<string, Inode>;
}

interface LinkInode {
  type: "symlink";
  target: string;
}

export type Inode = FileInode | DirectoryInode | LinkInode;

/** One change of names that a crash undoes as a whole or not at all, as long as no directory of it was synced. */
export interface PendingChange {
  inode: Inode;
  steps: readonly { directory: DirectoryInode; name: string; after: Inode | undefined }[];
}

export function emptyDirectory(mode: number): DirectoryInode {
  return { type: "directory", mode, entries: new Map(), durable: new Map() };
}

export function putEntry(entries: Map<string, Inode>, name: string, inode: Inode | undefined): void {
  if (inode === undefined) entries.delete(name);
  else entries.set(name, inode);
}

/**
 * Which of the pending changes become durable when this directory is synced: those in it, those that came before them in any
 * directory that they touch, and so on.
 */
export function changesSyncedWith(directory: DirectoryInode, pending: readonly PendingChange[]): Set<PendingChange> {
  const synced = new Set<PendingChange>();
  const directories = new Set([directory]);
  for (let grew = true; grew;) {
    grew = false;
    for (const change of pending) {
      if (synced.has(change) || !change.steps.some((step) => directories.has(step.directory))) continue;
      synced.add(change);
      for (const step of change.steps) directories.add(step.directory);
      grew = true;
    }
  }
  return synced;
}
