// The long way of an upgrade: from the source to the sink, hashed on the way, in blocks that nobody copies.
import type { ByteSource, PayloadSink } from "./streams.ts";
import { fill } from "./sources.ts";

const blockBytes = 1024 * 1024;

/** What learns of each block, as a hash does. */
export interface Hash {
  update(block: Uint8Array): unknown;
}

/**
 * Reads the source to its end and answers how many bytes there were. The sink gets blocks of 1 MiB, only the last being shorter; while it writes
 * one, that one is hashed and the next is read.
 */
export async function pour(
  source: ByteSource,
  { hashes, sink, bytes }: { hashes: readonly Hash[]; sink: PayloadSink | undefined; bytes?: number | undefined },
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
