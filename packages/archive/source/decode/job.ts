// The job "decode FORMAT [single]": fd 0 is an archive at the place where it begins, fd 1 takes what it unpacks to. A decoder reads what strangers
// wrote, so it gives up whatever it does not need before the first byte: as root, an empty directory in fd 3 becomes its root.
import { readSync, writeSync } from "node:fs";
import { chroot, denySystemCalls, dropCapabilities, noNewPrivileges, parentDeathSignal } from "@host-service/disk";
import { ArchiveError } from "../error.ts";
import { DecodeError, decodeXz } from "./built-in-xz.ts";
import { decodeByZlib, makeZlibDecoder } from "./by-zlib.ts";
import { deniedSystemCalls } from "./denied-system-calls.ts";
import { decodeSingleGzip, makeInflater } from "./single-gzip.ts";

const emptyRootFd = 3;
const SIGKILL = 9;

/** Exit status 0 means that the whole input was decoded and its checks fit; else one JSON line on standard error says why not. */
export async function runDecodeJob(argv: string[]): Promise<number> {
  try {
    const decode = decoderOf(argv[0], argv[1] === "single");
    if (!parentDeathSignal(SIGKILL)) return 1;
    enterJail();
    await decode((buffer) => readSync(0, buffer), writeAll);
    return 0;
  } catch (error) {
    const isExplained = error instanceof DecodeError || error instanceof ArchiveError;
    const kind = isExplained ? error.kind : "failed";
    const message = isExplained ? error.message : `Cannot decode the archive: ${String(error)}`;
    writeSync(2, `${JSON.stringify({ kind, message })}\n`);
    return 1;
  }
}

type Decode = (read: (buffer: Uint8Array) => number, write: (piece: Uint8Array) => void) => Promise<void>;

function decoderOf(format: string | undefined, isSingle: boolean): Decode {
  if (format === "tar.xz") return decodeXz;
  if (format === "tar.gz" && isSingle) {
    const decoder = makeInflater();
    return (read, write) => decodeSingleGzip(decoder, { read, write });
  }
  if (format === "tar.zst" || format === "tar.gz") {
    const decoder = makeZlibDecoder(format);
    return (read, write) => decodeByZlib(format, decoder, { read, write, isSingle });
  }
  throw new ArchiveError("failed", `Cannot decode the archive: its format "${format ?? ""}" is not known`);
}

function enterJail(): void {
  if (process.geteuid?.() === 0) chroot(emptyRootFd);
  dropCapabilities([]);
  noNewPrivileges();
  denySystemCalls(deniedSystemCalls);
}

/** Blocks while the reader is behind, which is what keeps memory small. */
function writeAll(piece: Uint8Array): void {
  for (let at = 0; at < piece.byteLength;) {
    try {
      at += writeSync(1, piece, at, piece.byteLength - at);
    } catch (error) {
      // Somebody else made the pipe non-blocking.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      Bun.sleepSync(1);
    }
  }
}
