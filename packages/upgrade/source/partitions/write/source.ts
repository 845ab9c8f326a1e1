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
  /** The first bytes, as far as they have been read. */
  readonly head: Uint8Array;
}

interface Watching {
  readonly headBytes: number;
  /** Is told after each piece. */
  readonly onRead: () => void;
}

/** What the job was given, to be read once from its start. */
export function openSource(fd: number, { kind, bytes }: WriteRequest["source"], watching: Watching): JobSource {
  switch (kind) {
    case "file":
      return readFrom(fd, { isFile: true, bytesTotal: bytes, ...watching });
    case "handed-over": {
      const file = take(fd);
      return readFrom(file, { isFile: true, bytesTotal: fstatSync(file).size, ...watching });
    }
    case "stream":
      return readFrom(fd, { isFile: false, bytesTotal: bytes, ...watching });
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

interface Reading extends Watching {
  /** Read by position: the offset belongs to whoever shares the descriptor. */
  readonly isFile: boolean;
  readonly bytesTotal: number | undefined;
}

function readFrom(fd: number, { isFile, bytesTotal, headBytes, onRead }: Reading): JobSource {
  let bytesRead = 0;
  const head = new Uint8Array(headBytes);
  return {
    get bytesRead() {
      return bytesRead;
    },
    bytesTotal,
    get head() {
      return head.subarray(0, bytesRead);
    },
    read(into) {
      try {
        // What is behind the size that the file had is not a part of it.
        const room = isFile && bytesTotal !== undefined ? Math.min(into.byteLength, bytesTotal - bytesRead) : undefined;
        if (room === 0) return 0;
        const count = readSync(fd, into, 0, room ?? into.byteLength, isFile ? bytesRead : null);
        if (bytesRead < headBytes) head.set(into.subarray(0, Math.min(count, headBytes - bytesRead)), bytesRead);
        bytesRead += count;
        onRead();
        return count;
      } catch (error) {
        const why = `${systemReason(error)} at byte ${bytesRead}`;
        throw new UpgradeError("io", `Cannot read the upgrade file: ${why}; check the disk that it is on`, {
          cause: error,
        });
      }
    },
  };
}
