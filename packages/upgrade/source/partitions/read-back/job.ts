// The job that reads a slot back while another one writes it, past the page cache. It makes the one sha-256 of an upgrade, over what the
// device answers: that what has arrived was right follows from it, and the processor is needed for it once.
import { read } from "node:fs";
import { promisify } from "node:util";
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
    const { bytes, ...findings } = await readBack(Number(argv[0]));
    writeFindings(findingsFd, findings);
    say({ type: "done", bytes, sha256: findings.sha256 });
    return 0;
  } catch (error) {
    say(failureOf(error));
    return 1;
  }
}

const readAt = promisify(read);

/** One block is hashed while the next is read. */
async function readBack(sectorBytes: number): Promise<Findings & { bytes: number }> {
  const hasher = new Bun.CryptoHasher("sha256");
  const memory = [alignedMemory(blockBytes), alignedMemory(blockBytes)] as const;
  let position = 0;
  let checksum = 0n;
  const tell = progressTeller(() => ({ type: "progress", bytes: position }));
  const take = (block: Uint8Array): void => {
    hasher.update(block);
    checksum = checksumOf(block, checksum);
    tell();
  };
  for (let end = readMark(marksFd); end !== undefined; end = readMark(marksFd)) {
    let before: Uint8Array | undefined;
    for (let turn = 0; position < end; turn = 1 - turn) {
      const bytes = Math.min(blockBytes, end - position);
      const block = memory[turn === 0 ? 0 : 1].subarray(0, Math.ceil(bytes / sectorBytes) * sectorBytes);
      const reading = settled(readAll(block, position));
      if (before !== undefined) take(before);
      const failure = await reading;
      if (failure !== undefined) throw failure.error;
      before = block.subarray(0, bytes);
      position += bytes;
    }
    if (before !== undefined) take(before);
  }
  return { bytes: position, checksum, sha256: hasher.digest("hex") };
}

/** Never rejects, as nobody waits for it while the block before is hashed. */
function settled(work: Promise<void>): Promise<{ error: unknown } | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
}

async function readAll(memory: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < memory.byteLength) {
    const at = position + done;
    const { bytesRead } = await readAt(deviceFd, memory, done, memory.byteLength - done, at).catch((error: unknown) => {
      const why = `${systemReason(error)} at byte ${at}; the device is faulty`;
      throw new UpgradeError("io", `Cannot read the slot back: ${why}`, { cause: error });
    });
    if (bytesRead === 0) {
      throw new UpgradeError("io", `Cannot read the slot back: it ends at byte ${at}; check the device`);
    }
    done += bytesRead;
  }
}
