// Invariants: a descriptor is never closed while a call still uses it; a partial file that is given up
// has lost its name before its reception is answered.
import { fstatSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { seek } from "@host-service/disk";
import { closeDescriptor, createToWrite, openToRead } from "./descriptor.ts";

/** Names that this package gives in the inbox: 32 hexadecimal digits, `.part` until verified. */
export const inboxName = /^[0-9a-f]{32}(\.part)?$/;

export class PartialFile {
  readonly #path: string;
  readonly #held = new Set<Promise<unknown>>();
  #open: number[];
  /** Where the source writes to, until `seal`. */
  readonly writer: number;
  /** A second descriptor for reading alone: its offset is 0, and nobody can write through it. */
  readonly reader: number;

  private constructor(path: string, writer: number, reader: number) {
    this.#path = path;
    this.#open = [writer, reader];
    this.writer = writer;
    this.reader = reader;
  }

  static async create(directory: string): Promise<PartialFile> {
    const path = join(directory, `${crypto.randomUUID().replaceAll("-", "")}.part`);
    const writer = await createToWrite(path);
    try {
      return new PartialFile(path, writer, await openToRead(path));
    } catch (error) {
      await rm(path, { force: true });
      await closeDescriptor(writer);
      throw error;
    }
  }

  get bytes(): number {
    return fstatSync(this.reader).size;
  }

  /** How far whoever writes in order has come: the runtime may take room first, and then the size says more. */
  get bytesWritten(): number {
    return seek(this.writer, 0, "current");
  }

  /** What it takes on the disk, with what is reserved beyond its end. */
  get bytesTaken(): number {
    return fstatSync(this.reader).blocks * 512;
  }

  /** No descriptor is closed before `work` has settled, even when nobody waits for it any more. */
  hold<T>(work: Promise<T>): Promise<T> {
    const settled: Promise<unknown> = work.then(
      () => this.#held.delete(settled),
      () => this.#held.delete(settled),
    );
    this.#held.add(settled);
    return work;
  }

  /** From here on nothing is written. */
  async seal(): Promise<void> {
    await Promise.all(this.#held);
    this.#open = [this.reader];
    await closeDescriptor(this.writer);
  }

  /** Gives the verified file its final name and its owner the descriptor. */
  async publish(): Promise<{ path: string; fd: number }> {
    const path = this.#path.slice(0, -".part".length);
    // The directory is not synced: the inbox is swept at the next start anyway.
    await rename(this.#path, path);
    this.#open = [];
    return { path, fd: this.reader };
  }

  /** Unlinks now; closes, without being waited for, as soon as nothing uses the descriptors. */
  async abandon(): Promise<void> {
    const open = this.#open;
    this.#open = [];
    void Promise.all(this.#held).then(() => Promise.all(open.map((fd) => closeDescriptor(fd))));
    await rm(this.#path, { force: true });
  }
}
