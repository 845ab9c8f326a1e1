// The long way of an upgrade: from the source to the sink, hashed on the way, in blocks that nobody copies.
import type { ByteSource, PayloadSink } from "./streams.ts";
import { fill } from "./sources.ts";

const blockBytes = 1024 * 1024;

interface Pouring {
  readonly sink: PayloadSink | undefined;
  readonly bytes?: number | undefined;
  /** Learns of each block, too. */
  readonly hash?: Bun.CryptoHasher | undefined;
}

/**
 * Reads the source to its end and answers how many bytes there were and their sha-256 in hexadecimal, which the sink makes where it can. It
 * gets blocks of 1 MiB, only the last being shorter; while it writes one, that one is hashed and the next is read.
 */
export async function pour(source: ByteSource, pouring: Pouring): Promise<{ bytes: number; sha256: string }> {
  const { sink, hash } = pouring;
  if (sink?.end !== undefined) {
    const bytes = await move(source, pouring, hash === undefined ? [] : [hash]);
    return { bytes, sha256: await sink.end() };
  }
  const own = new Bun.CryptoHasher("sha256");
  const bytes = await move(source, pouring, hash === undefined ? [own] : [own, hash]);
  return { bytes, sha256: own.digest("hex") };
}

async function move(
  source: ByteSource,
  { sink, bytes }: Pouring,
  hashes: readonly Bun.CryptoHasher[],
): Promise<number> {
  const size = Math.max(1, Math.min(blockBytes, bytes ?? blockBytes));
  const blocks = [new Uint8Array(size), new Uint8Array(size)] as const;
  let total = 0;
  let writing: Promise<{ error: unknown } | undefined> = Promise.resolve(undefined);
  try {
    for (let turn = 0; ; turn = 1 - turn) {
      const buffer = turn === 0 ? blocks[0] : blocks[1];
      const block = buffer.subarray(0, await fill(source, buffer));
      throwIfFailed(await writing);
      if (block.byteLength === 0) return total;
      total += block.byteLength;
      if (sink !== undefined) writing = settled(sink, block);
      for (const hash of hashes) hash.update(block);
    }
  } finally {
    // The block is the sink's until it has settled, also when the source has failed.
    await writing;
  }
}

/** Never rejects, so that a failure can wait until the next block is there. */
async function settled(sink: PayloadSink, block: Uint8Array): Promise<{ error: unknown } | undefined> {
  try {
    await sink.write(block);
    return undefined;
  } catch (error) {
    return { error };
  }
}

function throwIfFailed(outcome: { error: unknown } | undefined): void {
  if (outcome !== undefined) throw outcome.error;
}
