import { closeSync, constants, writeSync } from "node:fs";
import { fchmod, fchownAt, ftruncate, mknodAt, openBeneath, startWriting, symlinkAt } from "@host-service/disk";
import { ArchiveError } from "../error.ts";
import { type ByteString, bytesOf, printable } from "../tar/byte-string.ts";
import type {
  DeviceEntry,
  DirectoryEntry,
  FifoEntry,
  FileEntry,
  HardLinkEntry,
  SymbolicLinkEntry,
  TarEntry,
} from "../tar/entry.ts";
import type { ArchiveLimits } from "../tar/limits.ts";
import type { TarSink } from "../tar/reader.ts";
import { refused } from "../tar/refusal.ts";
import { type Unpacker, setAttributes } from "./attributes.ts";
import { Directories } from "./directories.ts";
import { DirectoryEntries } from "./directory-entries.ts";
import { makeHardLink } from "./hard-link.ts";
import type { UnpackRequest } from "./message.ts";
import { type NotKept, NotKeptCount } from "./not-kept.ts";
import { type Place, pathOf, placeOf } from "./place.ts";
import { duplicateName, writeError } from "./write-error.ts";

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const oldDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const fileTypes = { "character-device": 0o020000, "block-device": 0o060000, fifo: 0o010000 } as const;
/** Small files are not worth the call. */
const writtenAtOnceBytesMin = 64 * 1024;
const skippedDevicesMax = 10_000;
const impliedDirectoryMode = 0o755;

/**
 * Makes the entries beneath one directory. Nothing is ever replaced: every name is made once, exclusively, in a parent
 * that was opened beneath the root, so nothing is written through a link or into a file that something else made.
 */
export class TreeWriter implements TarSink {
  readonly #rootFd: number;
  readonly #unpacker: Unpacker;
  readonly #limits: ArchiveLimits;
  readonly #writesAtOnce: boolean;
  readonly #directories: Directories;
  readonly #notKept = new NotKeptCount();
  readonly #directoryEntries = new DirectoryEntries();
  readonly #skippedDevices = new Set<ByteString>();
  #file: { entry: FileEntry; fd: number } | undefined;
  #entries = 0;
  #implied = 0;
  #bytes = 0;

  constructor(rootFd: number, unpacker: Unpacker, request: Pick<UnpackRequest, "limits" | "writesAtOnce">) {
    this.#rootFd = rootFd;
    this.#unpacker = unpacker;
    this.#limits = request.limits;
    this.#writesAtOnce = request.writesAtOnce;
    this.#directories = new Directories(rootFd, (path) => this.#implyDirectory(path));
    // Whatever the archive says or does not say of it, the root is the container's.
    if (unpacker.ids !== undefined) this.#directoryEntries.remember({ path: "", entry: undefined });
  }

  get progress(): { entries: number; bytes: number } {
    return { entries: this.#entries, bytes: this.#bytes };
  }

  entry(entry: TarEntry): void {
    this.#entries += 1;
    this.#named(entry.path, () => this.#make(entry));
  }

  contents(bytes: Uint8Array, offset: number): void {
    const { entry, fd } = this.#openFile();
    this.#named(entry.path, () => {
      let written = 0;
      while (written < bytes.byteLength) {
        written += writeSync(fd, bytes, written, bytes.byteLength - written, offset + written);
      }
    });
    this.#bytes += bytes.byteLength;
  }

  fileEnd(): void {
    const { entry, fd } = this.#openFile();
    this.#named(entry.path, () => {
      const last = entry.regions.at(-1);
      const end = last === undefined ? 0 : last.offset + last.bytes;
      if (end < entry.bytes) ftruncate(fd, entry.bytes);
      setAttributes({ kind: "open", fd }, entry, this.#unpacker, this.#notKept);
    });
    if (this.#writesAtOnce && entry.bytes >= writtenAtOnceBytesMin) startWriting(fd);
    closeSync(fd);
    this.#file = undefined;
  }

  /** After the last entry. */
  finish(): NotKept {
    this.#directories.close();
    for (const { path, entry } of this.#directoryEntries.deepestFirst()) {
      this.#named(entry?.path ?? path, () => this.#finishDirectory(path, entry));
    }
    return this.#notKept.report();
  }

  #make(entry: TarEntry): void {
    const place = placeOf(entry.path, entry.path);
    if (place.name === "" && entry.type !== "directory") throw refused(entry.path, "it would replace the root itself");
    if (this.#skippedDevices.has(pathOf(place))) throw duplicateName(entry.path);
    switch (entry.type) {
      case "directory":
        this.#makeDirectory(entry, place);
        return;
      case "file": {
        const fd = openBeneath(this.#directories.openOrMake(place.parent), bytesOf(place.name), newFile, {
          mode: 0o600,
        });
        this.#file = { entry, fd };
        return;
      }
      case "symbolic-link":
        symlinkAt(bytesOf(entry.target), this.#directories.openOrMake(place.parent), bytesOf(place.name));
        this.#setNamed(entry, place);
        return;
      case "hard-link":
        this.#makeHardLink(entry, place);
        return;
      case "fifo":
      case "character-device":
      case "block-device":
        this.#makeNode(entry, place);
    }
  }

  #makeDirectory(entry: DirectoryEntry, place: Place): void {
    if (place.name !== "") {
      this.#directories.make(this.#directories.openOrMake(place.parent), place.name, entry.path);
    }
    this.#directoryEntries.remember({ path: pathOf(place), entry });
  }

  #makeNode(entry: FifoEntry | DeviceEntry, place: Place): void {
    const parentFd = this.#directories.openOrMake(place.parent);
    const { isRoot, ids } = this.#unpacker;
    if (entry.type !== "fifo" && (!isRoot || ids !== undefined)) {
      this.#skipDevice(entry, place);
      return;
    }
    const device = entry.type === "fifo" ? undefined : { major: entry.major, minor: entry.minor };
    mknodAt(parentFd, bytesOf(place.name), fileTypes[entry.type] | 0o600, device);
    this.#setNamed(entry, place);
  }

  #makeHardLink(entry: HardLinkEntry, place: Place): void {
    const target = placeOf(entry.target, entry.path, `its target "${printable(entry.target)}"`);
    if (this.#skippedDevices.has(pathOf(target))) {
      this.#skipDevice(entry, place);
      return;
    }
    const parentFd = this.#directories.openOrMake(place.parent);
    makeHardLink(entry, target, { rootFd: this.#rootFd, parentFd, place });
  }

  #skipDevice(entry: DeviceEntry | HardLinkEntry, place: Place): void {
    this.#skippedDevices.add(pathOf(place));
    this.#notKept.add("devices", entry.path);
    if (this.#skippedDevices.size <= skippedDevicesMax) return;
    const entryName = printable(entry.path);
    throw new ArchiveError("too-many-entries", `Cannot unpack "${entryName}": too many devices`, { entry: entryName });
  }

  #setNamed(entry: SymbolicLinkEntry | FifoEntry | DeviceEntry, place: Place): void {
    const target = {
      kind: "named",
      directoryFd: this.#directories.openOrMake(place.parent),
      name: place.name,
      path: pathOf(place),
      isLink: entry.type === "symbolic-link",
    } as const;
    setAttributes(target, entry, this.#unpacker, this.#notKept);
  }

  #finishDirectory(path: ByteString, entry: DirectoryEntry | undefined): void {
    const fd = openBeneath(this.#rootFd, bytesOf(path === "" ? "." : path), oldDirectory);
    try {
      if (entry === undefined) this.#finishImplied(fd);
      else setAttributes({ kind: "open", fd }, entry, this.#unpacker, this.#notKept);
    } finally {
      closeSync(fd);
    }
  }

  #finishImplied(fd: number): void {
    const { isRoot, ids } = this.#unpacker;
    if (isRoot && ids !== undefined) fchownAt(fd, new Uint8Array(0), ids.base, ids.base);
    fchmod(fd, impliedDirectoryMode);
  }

  #implyDirectory(path: ByteString): void {
    this.#directoryEntries.remember({ path, entry: undefined });
    this.#implied += 1;
    if (this.#entries + this.#implied <= this.#limits.entriesMax) return;
    throw new ArchiveError(
      "too-many-entries",
      `Cannot unpack the archive: with the directories that it implies it has more than ${this.#limits.entriesMax} entries`,
      { entry: printable(path) },
    );
  }

  #openFile(): { entry: FileEntry; fd: number } {
    if (this.#file === undefined) throw new Error("Cannot write contents: no file is open");
    return this.#file;
  }

  #named(name: ByteString, work: () => void): void {
    try {
      work();
    } catch (error) {
      throw writeError(error, name);
    }
  }
}
