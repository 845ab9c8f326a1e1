// The job that reads a slot back while another one writes it, past the page cache: two processes, so that each hashes with a core of its
// own, and the verdict is made of what the device answers.
import { readSync } from "node:fs";
import { alignedMemory, chroot, denySystemCalls, dropCapabilities, parentDeathSignal } from "@host-service/disk";
import { UpgradeError } from "../../error.ts";
import { systemReason } from "../../system-error.ts";
import { deniedSystemCalls } from "../denied-system-calls.ts";
import { markBytes, readMark } from "../marks.ts";
import { failureOf, progressTeller, say } from "../report.ts";

const marksFd = 0;
const deviceFd = 3;
const emptyDirectoryFd = 4;
const SIGKILL = 9;
const stepBytes = 2 * 1024 * 1024;

/** `job read-back N`: the sha-256 of the first bytes of the device in descriptor 3, whose sectors have N bytes, as far as the marks say. */
export async function runReadBackJob(argv: readonly string[]): Promise<number> {
  try {
    if (!parentDeathSignal(SIGKILL)) return 1;
    if (process.geteuid?.() === 0) chroot(emptyDirectoryFd);
    dropCapabilities([]);
    denySystemCalls(deniedSystemCalls);
    say({ type: "done", ...readBack(Number(argv[0])) });
    return 0;
  } catch (error) {
    say(failureOf(error));
    return 1;
  }
}

function readBack(sectorBytes: number): { bytes: number; sha256: string } {
  const hasher = new Bun.CryptoHasher("sha256");
  const memory = alignedMemory(stepBytes);
  const mark = new Uint8Array(markBytes);
  let position = 0;
  const tell = progressTeller(() => ({ type: "progress", bytes: position }));
  for (let end = readMark(marksFd, mark); end !== undefined; end = readMark(marksFd, mark)) {
    while (position < end) {
      const bytes = Math.min(stepBytes, end - position);
      readAll(memory.subarray(0, Math.ceil(bytes / sectorBytes) * sectorBytes), position);
      hasher.update(memory.subarray(0, bytes));
      position += bytes;
      tell();
    }
  }
  return { bytes: position, sha256: hasher.digest("hex") };
}

function readAll(memory: Uint8Array, position: number): void {
  let done = 0;
  while (done < memory.byteLength) {
    const count = readDevice(memory, done, position);
    if (count === 0) {
      throw new UpgradeError("io", `Cannot read the slot back: it ends at byte ${position + done}; check the device`);
    }
    done += count;
  }
}

function readDevice(memory: Uint8Array, done: number, position: number): number {
  try {
    return readSync(deviceFd, memory, done, memory.byteLength - done, position + done);
  } catch (error) {
    const why = `${systemReason(error)} at byte ${position + done}; the device is faulty`;
    throw new UpgradeError("io", `Cannot read the slot back: ${why}`, { cause: error });
  }
}
