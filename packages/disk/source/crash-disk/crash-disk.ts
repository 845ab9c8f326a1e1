import type { Disk, EntryStatus } from "../disk.ts";
import { DiskError, type DiskErrorKind } from "../disk-error.ts";
import {
  changesSyncedWith,
  type DirectoryInode,
  emptyDirectory,
  type Inode,
  type PendingChange,
  putEntry,
} from "./inodes.ts";
import { placeOf } from "./paths.ts";
import { type Reading, seededRandom, survivingRoot } from "./survival.ts";

/** What a crashed disk answers to everything; no DiskError, so that nothing under test takes it for one. */
export class CrashError extends Error {
  override readonly name = "CrashError";
}

/**
 * A disk in memory that can lose its power. It begins with an empty `/`, and everything that `settle` saw is durable.
 * `create` is two operations (the name, then the contents) and `removeTree` is one for each entry, since a crash can
 * come between; looking never counts.
 */
export class CrashDisk implements Disk {
  /** What was done to it, in order, as text. */
  readonly operations: string[] = [];
  /** What the program under test told its user was done, in order. */
  readonly acknowledged: string[] = [];
  #root: DirectoryInode = emptyDirectory(0o755);
  #pending: PendingChange[] = [];
  #crashBefore: number;
  #isCrashed = false;

  /** Loses its power when the operation of this number (from 0) is about to begin. */
  constructor(options: { crashBefore?: number } = {}) {
    this.#crashBefore = options.crashBefore ?? Infinity;
  }

  get isCrashed(): boolean {
    return this.#isCrashed;
  }

  /** To be called where the program would tell its user: from here on, a crash must not undo it. */
  acknowledge(what: string): void {
    if (!this.#isCrashed) this.acknowledged.push(what);
  }

  /** Makes everything durable and forgets what was done so far. */
  settle(): void {
    this.#root = survivingRoot(this.#root, [], "kept", Math.random);
    this.#pending = [];
    this.operations.length = 0;
    this.acknowledged.length = 0;
  }

  /** What is there after the power came back: a whole disk of its own. */
  survivor(reading: Reading, options: { seed: number; crashBefore?: number }): CrashDisk {
    const { seed, ...rest } = options;
    const disk = new CrashDisk(rest);
    disk.#root = survivingRoot(this.#root, this.#pending, reading, seededRandom(seed));
    return disk;
  }

  async read(path: string, options: { bytesMax?: number } = {}): Promise<Uint8Array> {
    const inode = this.#existing(path, "open");
    if (inode.type === "symlink") throw failure("ELOOP", "open", path);
    if (inode.type === "directory") throw failure("EINVAL", "read", path, "not-regular");
    if (inode.contents.byteLength > (options.bytesMax ?? Infinity)) throw failure("EFBIG", "read", path);
    return inode.contents.slice();
  }

  async list(path: string): Promise<string[]> {
    const inode = this.#existing(path, "readdir");
    if (inode.type !== "directory") throw failure("ENOTDIR", "readdir", path);
    return [...inode.entries.keys()].sort();
  }

  async status(path: string): Promise<EntryStatus | undefined> {
    const inode = this.#found(path, "lstat");
    if (inode === undefined) return undefined;
    if (inode.type === "file") return { type: "file", bytes: inode.contents.byteLength, mode: inode.mode };
    if (inode.type === "directory") return { type: "directory", bytes: 0, mode: inode.mode };
    return { type: "symlink", bytes: Buffer.byteLength(inode.target), mode: 0o777 };
  }

  async readLink(path: string): Promise<string | undefined> {
    const inode = this.#found(path, "readlink");
    if (inode !== undefined && inode.type !== "symlink") throw failure("EINVAL", "readlink", path);
    return inode?.target;
  }

  async create(path: string, contents: string | Uint8Array, options: { mode?: number } = {}): Promise<void> {
    const mode = options.mode ?? 0o600;
    const file: Inode = { type: "file", mode, contents: new Uint8Array(), durable: undefined };
    this.#begin(`create ${path}`);
    this.#add(path, "open", file);
    this.#begin(`write ${path}`);
    file.contents = typeof contents === "string" ? Buffer.from(contents) : contents.slice();
  }

  async sync(path: string): Promise<void> {
    this.#begin(`sync ${path}`);
    const inode = this.#existing(path, "fsync");
    if (inode.type === "symlink") throw failure("ELOOP", "fsync", path);
    if (inode.type === "file") {
      inode.durable = inode.contents;
      return;
    }
    const synced = changesSyncedWith(inode, this.#pending);
    for (const change of this.#pending) {
      if (!synced.has(change)) continue;
      for (const { directory, name, after } of change.steps) putEntry(directory.durable, name, after);
    }
    this.#pending = this.#pending.filter((change) => !synced.has(change));
  }

  async rename(from: string, to: string): Promise<void> {
    this.#begin(`rename ${from} ${to}`);
    const source = placeOf(this.#root, from, "rename");
    const target = placeOf(this.#root, to, "rename");
    if (source.inode === undefined) throw failure("ENOENT", "rename", from);
    if (source.inode === target.inode) return;
    const refusal = refusalToReplace(source.inode, target.inode);
    if (refusal !== undefined) throw failure(refusal, "rename", to);
    this.#change(source.inode, [
      { directory: source.directory, name: source.name, after: undefined },
      { directory: target.directory, name: target.name, after: source.inode },
    ]);
  }

  async unlink(path: string): Promise<void> {
    this.#begin(`unlink ${path}`);
    const { directory, name, inode } = placeOf(this.#root, path, "unlink");
    if (inode === undefined) throw failure("ENOENT", "unlink", path);
    if (inode.type === "directory") throw failure("EISDIR", "unlink", path);
    this.#change(inode, [{ directory, name, after: undefined }]);
  }

  async link(target: string, path: string): Promise<void> {
    this.#begin(`link ${path} ${target}`);
    this.#add(path, "symlink", { type: "symlink", target });
  }

  async makeDirectory(path: string, options: { mode?: number } = {}): Promise<void> {
    this.#begin(`makeDirectory ${path}`);
    if (this.#found(path, "mkdir")?.type === "directory") return;
    this.#add(path, "mkdir", emptyDirectory(options.mode ?? 0o700));
  }

  async removeTree(path: string): Promise<void> {
    const { directory, name, inode } = placeOf(this.#root, path, "removeTree");
    if (inode?.type === "directory") {
      for (const child of [...inode.entries.keys()].sort()) await this.removeTree(`${path}/${child}`);
    }
    this.#begin(`remove ${path}`);
    if (inode !== undefined) this.#change(inode, [{ directory, name, after: undefined }]);
  }

  #begin(operation: string): void {
    if (this.operations.length === this.#crashBefore) this.#isCrashed = true;
    if (this.#isCrashed) throw new CrashError(`the power went before: ${operation}`);
    this.operations.push(operation);
  }

  #found(path: string, call: string): Inode | undefined {
    if (this.#isCrashed) throw new CrashError(`the power went before: ${call} ${path}`);
    try {
      return placeOf(this.#root, path, call).inode;
    } catch (error) {
      if (error instanceof DiskError && error.kind === "missing") return undefined;
      throw error;
    }
  }

  #existing(path: string, call: string): Inode {
    const inode = this.#found(path, call);
    if (inode === undefined) throw failure("ENOENT", call, path);
    return inode;
  }

  #add(path: string, call: string, inode: Inode): void {
    const place = placeOf(this.#root, path, call);
    if (place.inode !== undefined) throw failure("EEXIST", call, path);
    this.#change(inode, [{ directory: place.directory, name: place.name, after: inode }]);
  }

  #change(inode: Inode, steps: PendingChange["steps"]): void {
    for (const { directory, name, after } of steps) putEntry(directory.entries, name, after);
    this.#pending.push({ inode, steps });
  }
}

// rename(2)
function refusalToReplace(source: Inode, target: Inode | undefined): string | undefined {
  if (target === undefined) return undefined;
  if (source.type !== "directory") return target.type === "directory" ? "EISDIR" : undefined;
  if (target.type !== "directory") return "ENOTDIR";
  return target.entries.size > 0 ? "ENOTEMPTY" : undefined;
}

const kinds: Record<string, DiskErrorKind> = { ENOENT: "missing", EEXIST: "exists" };

function failure(
  code: string,
  call: string,
  path: string,
  kind: DiskErrorKind = kinds[code] ?? "system-call",
): DiskError {
  return new DiskError({ kind, code, call, path });
}
