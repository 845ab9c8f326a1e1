import { closeSync, constants } from "node:fs";
import { O_PATH, mkdirAt, openBeneath, statusAt } from "@host-service/disk";
import { type ByteString, bytesOf } from "../tar/byte-string.ts";
import { codeOf, duplicateName } from "./write-error.ts";

/** Only for looking up names in it. */
const openPath = O_PATH | constants.O_DIRECTORY;
/** Nobody but us while it is filled; its mode comes at the end. */
const workingMode = 0o700;

/** The directories of the tree. No directory is ever removed or replaced, so an open one stays the right one. */
export class Directories {
  readonly #rootFd: number;
  readonly #made: (path: ByteString) => void;
  #lastPath: ByteString = "";
  #lastFd: number;

  /** @param made is called with each directory that no entry has named before something was put in it */
  constructor(rootFd: number, made: (path: ByteString) => void) {
    this.#rootFd = rootFd;
    this.#lastFd = rootFd;
    this.#made = made;
  }

  /** Opens it without following anything that leads out of the root; good until the next call. */
  open(path: ByteString): number {
    if (path === this.#lastPath) return this.#lastFd;
    const fd = path === "" ? this.#rootFd : this.#opened(path);
    this.close();
    this.#lastPath = path;
    this.#lastFd = fd;
    return fd;
  }

  /** The same, and makes what is missing on the way. */
  openOrMake(path: ByteString): number {
    if (path === this.#lastPath) return this.#lastFd;
    try {
      return this.open(path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
    const parts = path.split("/");
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const above = this.open(parts.slice(0, depth - 1).join("/"));
      const here = parts.slice(0, depth).join("/");
      if (this.#makeOne(above, parts[depth - 1] ?? "")) this.#made(here);
    }
    return this.open(path);
  }

  /** A directory that an entry names; one that is there already is as good. */
  make(parentFd: number, name: ByteString, path: ByteString): void {
    if (this.#makeOne(parentFd, name)) return;
    if (statusAt(parentFd, bytesOf(name)).type !== "directory") {
      throw duplicateName(path);
    }
  }

  #makeOne(parentFd: number, name: ByteString): boolean {
    try {
      mkdirAt(parentFd, bytesOf(name), workingMode);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
  }

  #opened(path: ByteString): number {
    return openBeneath(this.#rootFd, bytesOf(path), openPath);
  }

  close(): void {
    if (this.#lastFd !== this.#rootFd) closeSync(this.#lastFd);
    this.#lastPath = "";
    this.#lastFd = this.#rootFd;
  }
}
