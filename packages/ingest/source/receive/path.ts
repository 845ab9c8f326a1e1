import type { BigIntStats } from "node:fs";
import { lstat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { copy } from "../copy/copy.ts";
import { inProcessBytesMax } from "../digest/digest.ts";
import { closeDescriptor, describeDescriptor, openWithoutWaiting } from "../descriptor.ts";
import { codeOf, IngestError, type IngestProblem, messageOf } from "../error.ts";
import { describeType, type FileType } from "../file-type.ts";
import type { Reception } from "../reception.ts";
import { watched } from "../stall-timer.ts";
import type { Source } from "./source.ts";

interface OpenFile {
  readonly fd: number;
  readonly status: BigIntStats;
}

/** A file of this host, by its absolute path. Opened once; everything after that is asked of the descriptor. */
export async function openPath(path: string, reception: Reception): Promise<Source> {
  return descriptorSource(await openFile(path, reception));
}

export interface OpenedPath {
  readonly fd: number;
  readonly bytes: number;
  /** Not waited for: on a file system that hangs, a close hangs as well. */
  close(): void;
}

/** For whoever reads the file itself, in one pass, and verifies what it read. */
export async function openPathToRead(path: string, reception: Reception): Promise<OpenedPath> {
  const { fd, status } = await openFile(path, reception);
  return { fd, bytes: Number(status.size), close: () => abandon(fd) };
}

async function openFile(path: string, reception: Reception): Promise<OpenFile> {
  const { action } = reception;
  if (!isAbsolute(path)) {
    throw new IngestError(action, { kind: "bad-path", why: "the path is relative" });
  }
  if (path.includes("\0")) throw new IngestError(action, { kind: "bad-path", why: "the path has a zero byte" });
  return await openRegular(path, reception);
}

/** An open file from here on; how it was opened no longer matters. */
function descriptorSource({ fd, status: before }: OpenFile): Source {
  const bytesExpected = Number(before.size);
  return {
    bytesExpected,
    async fill(partial, reception, digest) {
      // Both children start at once, and one waits for the other's bytes.
      if (bytesExpected > inProcessBytesMax) digest.start();
      await copy(reception, {
        from: fd,
        to: partial.writer,
        bytes: bytesExpected,
        onBytes: (done) => digest.reached(done),
      });
      const { action, signal, limits } = reception;
      const { stallTimeoutMs } = limits;
      const after = await watched({ action, signal, stallTimeoutMs }, () => describeDescriptor(fd));
      const same = before.size === after.size && before.mtimeNs === after.mtimeNs;
      if (!same || partial.bytes !== bytesExpected) {
        throw new IngestError(action, { kind: "changed" });
      }
    },
    close: () => abandon(fd),
  };
}

/** On a network or FUSE file system every call can hang; what comes too late is closed. */
function openRegular(path: string, { action, signal, limits }: Reception): Promise<OpenFile> {
  const { stallTimeoutMs } = limits;
  return watched({ action, signal, stallTimeoutMs }, async ({ over }) => {
    // Only a courtesy: to open some devices is to start them. The answer that counts is fstat's.
    checkRegular(await lstat(path).catch(refuseOpen(action)), action);
    over.throwIfAborted();
    const fd = await openWithoutWaiting(path).catch(refuseOpen(action));
    try {
      over.throwIfAborted();
      const status = await describeDescriptor(fd);
      over.throwIfAborted();
      checkRegular(status, action);
      return { fd, status };
    } catch (error) {
      abandon(fd);
      throw error;
    }
  });
}

function abandon(fd: number): void {
  // A descriptor that was only read from has nothing to lose by a close that fails.
  closeDescriptor(fd).catch(() => undefined);
}

function checkRegular(status: FileType, action: string): void {
  if (status.isFile()) return;
  throw new IngestError(action, { kind: "not-regular", found: describeType(status) });
}

function refuseOpen(action: string): (error: unknown) => never {
  return (error) => {
    throw new IngestError(action, problemOfOpen(error), { cause: error });
  };
}

function problemOfOpen(error: unknown): IngestProblem {
  switch (codeOf(error) ?? "") {
    case "ENOENT":
    case "ENOTDIR":
      return { kind: "missing-file" };
    case "EACCES":
    case "EPERM":
      return { kind: "not-permitted", doing: "open it" };
    // The file was replaced after lstat.
    case "ELOOP":
      return { kind: "not-regular", found: "a symbolic link, and what it points to is not followed" };
    case "ENXIO":
      return { kind: "not-regular", found: "a socket or a device" };
    default:
      return { kind: "failed", reason: messageOf(error) };
  }
}
