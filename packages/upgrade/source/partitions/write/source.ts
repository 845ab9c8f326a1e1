import { fstatSync, readSync } from "node:fs";
import { ArtifactError, type ByteSource } from "@host-service/artifact";
import { refusalCode, takeDescriptor } from "@host-service/ingest/job";
import { UpgradeError } from "../../error.ts";
import { codeOf, messageOf, systemReason } from "../../system-error.ts";
import type { WriteRequest } from "../messages.ts";

export interface JobSource extends ByteSource {
  /** How many bytes have been read. */
  readonly bytesRead: number;
  readonly bytesTotal: number | undefined;
}

/** What the job was given, to be read once from its start. `onRead` is told after each piece. */
export function openSource(fd: number, { kind, bytes }: WriteRequest["source"], onRead: () => void): JobSource {
  switch (kind) {
    case "file":
      return readFrom(fd, { isFile: true, bytesTotal: bytes, onRead });
    case "handed-over": {
      const file = take(fd);
      return readFrom(file, { isFile: true, bytesTotal: fstatSync(file).size, onRead });
    }
    case "stream":
      return readFrom(fd, { isFile: false, bytesTotal: bytes, onRead });
  }
}

function take(connection: number): number {
  try {
    return takeDescriptor(connection);
  } catch (error) {
    if (codeOf(error) !== refusalCode) throw error;
    const why = `${messageOf(error)}; hand over one regular file that is open for reading`;
    throw new ArtifactError("not-an-artifact", `Cannot read the upgrade file: ${why}`, { cause: error });
  }
}

interface Reading {
  /** Read by position: the offset belongs to whoever shares the descriptor. */
  readonly isFile: boolean;
  readonly bytesTotal: number | undefined;
  readonly onRead: () => void;
}

function readFrom(fd: number, { isFile, bytesTotal, onRead }: Reading): JobSource {
  let bytesRead = 0;
  return {
    get bytesRead() {
      return bytesRead;
    },
    bytesTotal,
    read(into) {
      try {
        // What is behind the size that the file had is not a part of it.
        const room = isFile && bytesTotal !== undefined ? Math.min(into.byteLength, bytesTotal - bytesRead) : undefined;
        if (room === 0) return 0;
        const count = readSync(fd, into, 0, room ?? into.byteLength, isFile ? bytesRead : null);
        bytesRead += count;
        onRead();
        return count;
      } catch (error) {
        const why = `${systemReason(error)} at byte ${bytesRead}`;
        throw new UpgradeError("io", `Cannot read the upgrade file: ${why}`, { cause: error });
      }
    },
  };
}
