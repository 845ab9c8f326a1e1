// The job "decode": fd 0 is an .xz file at the place where it begins, fd 1 takes what it unpacks to. A decoder reads what strangers
// wrote, so it gives up whatever it does not need before the first byte: as root, an empty directory in fd 3 becomes its root.
import { readSync, writeSync } from "node:fs";
import { chroot, denySystemCalls, dropCapabilities, noNewPrivileges, parentDeathSignal } from "@host-service/disk";
import { DecodeError, decodeXz } from "./built-in-xz.ts";
import { deniedSystemCalls } from "./denied-system-calls.ts";

const emptyRootFd = 3;
const SIGKILL = 9;

/** Exit status 0 means that the whole input was decoded and its checks fit; else one JSON line on standard error says why not. */
export async function runDecodeJob(argv: string[]): Promise<number> {
  try {
    if (argv.length > 0) throw new DecodeError("failed", `it takes no arguments, got ${JSON.stringify(argv[0])}`);
    if (!parentDeathSignal(SIGKILL)) return 1;
    enterJail();
    await decodeXz((buffer) => readSync(0, buffer), writeAll);
    return 0;
  } catch (error) {
    const kind = error instanceof DecodeError ? error.kind : "failed";
    const message = error instanceof DecodeError ? error.message : `Cannot decode xz: ${String(error)}`;
    writeSync(2, `${JSON.stringify({ kind, message })}\n`);
    return 1;
  }
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
