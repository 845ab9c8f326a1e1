// The job that reads a slot back while another one writes it, past the page cache. It makes the one sha-256 of an upgrade, over what the
// device answers: that what has arrived was right follows from it, and the processor is needed for it once.
import { readSync } from "node:fs";
import { alignedMemory, chroot, denySystemCalls, dropCapabilities, parentDeathSignal } from "@host-service/disk";
import { UpgradeError } from "../../error.ts";
import { systemReason } from "../../system-error.ts";
import { deniedSystemCalls } from "../denied-system-calls.ts";
import { blockBytes, checksumOf, type Findings, readMark, writeFindings } from "../between-jobs.ts";
import { failureOf, progressTeller, say } from "../report.ts";

const marksFd = 0;
const deviceFd = 3;
const emptyDirectoryFd = 4;
const findingsFd = 5;
const SIGKILL = 9;

/** `job read-back N`: the sha-256 of the first bytes of the device in descriptor 3, whose sectors have N bytes, as far as the marks say. */
export async function runReadBackJob(argv: readonly string[]): Promise<number> {
  try {
    if (!parentDeathSignal(SIGKILL)) return 1;
    if (process.geteuid?.() === 0) chroot(emptyDirectoryFd);
    dropCapabilities([]);
    denySystemCalls(deniedSystemCalls);
    const { bytes, ...findings } = readBack(Number(argv[0]));
    writeFindings(findingsFd, findings);
    say({ type: "done", bytes, sha256: findings.sha256 });
    return 0;
  } catch (error) {
    say(failureOf(error));
    return 1;
  }
}

function readBack(sectorBytes: number): Findings & { bytes: number } {
  const hasher = new Bun.CryptoHasher("sha256");
  const memory = alignedMemory(blockBytes);
  let position = 0;
  let checksum = 0n;
  const tell = progressTeller(() => ({ type: "progress", bytes: position }));
  for (let end = readMark(marksFd); end !== undefined; end = readMark(marksFd)) {
    while (position < end) {
      const bytes = Math.min(blockBytes, end - position);
      readAll(memory.subarray(0, Math.ceil(bytes / sectorBytes) * sectorBytes), position);
      const block = memory.subarray(0, bytes);
      hasher.update(block);
      checksum = checksumOf(block, checksum);
      position += bytes;
      tell();
    }
  }
  return { bytes: position, checksum, sha256: hasher.digest("hex") };
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
