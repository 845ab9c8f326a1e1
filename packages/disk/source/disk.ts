export interface EntryStatus {
  type: "file" | "directory" | "symlink" | "other";
  bytes: number;
  /** The permission bits with setuid, setgid and sticky. */
  mode: number;
}

/**
 * What the crash-safe parts do to a disk, one operation each. Paths are absolute. A failure is a DiskError. Nothing
 * is durable until `sync` of the file and, for a name, `sync` of the directory that holds it.
 */
export interface Disk {
  /** A regular file, never through a link in the last name. More than `bytesMax` is an error with code `EFBIG`. */
  read(path: string, options?: { bytesMax?: number }): Promise<Uint8Array>;
  /** Names, sorted. */
  list(path: string): Promise<string[]>;
  /** Of the entry itself, not of what a link points to; undefined when there is none. */
  status(path: string): Promise<EntryStatus | undefined>;
  /** undefined when there is none. */
  readLink(path: string): Promise<string | undefined>;
  /** A new file (mode 0600 unless said), written and not synced. Kind `exists` when something has that name. */
  create(path: string, contents: string | Uint8Array, options?: { mode?: number }): Promise<void>;
  sync(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes a symbolic link at `path`. */
  link(target: string, path: string): Promise<void>;
  /** Mode 0700 unless said; fine when the directory exists, which then keeps its mode. */
  makeDirectory(path: string, options?: { mode?: number }): Promise<void>;
  /** Fine when there is nothing. Never follows a link, and refuses a tree in which something is mounted. */
  removeTree(path: string): Promise<void>;
}
