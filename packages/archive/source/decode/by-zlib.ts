// zstd and gzip by the runtime's own zlib, which decodes on the thread that waits for it: so it has a process of its own.
import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ArchiveError } from "../error.ts";
import { ZstdFrames } from "./zstd-stream.ts";

export type ZlibFormat = "tar.zst" | "tar.gz";

const chunkBytes = 256 * 1024;

/** Made before the jail is shut, since nothing can be loaded after. */
export function makeZlibDecoder(format: ZlibFormat): Transform {
  return format === "tar.zst"
    ? createZstdDecompress({ chunkSize: chunkBytes })
    : createGunzip({ chunkSize: chunkBytes });
}

export interface ZlibEnds {
  readonly read: (buffer: Uint8Array) => number;
  readonly write: (piece: Uint8Array) => void;
}

/** `read` fills a buffer and says how much, 0 at the end. Nothing that was written counts before this has returned. */
export async function decodeByZlib(
  format: ZlibFormat,
  decoder: Transform,
  { read, write, isSingle = false }: ZlibEnds & { isSingle?: boolean },
): Promise<void> {
  try {
    await pipeline(
      chunksOf(read, format === "tar.zst" ? new ZstdFrames({ isSingle }) : undefined),
      decoder,
      async (pieces: AsyncIterable<Uint8Array>) => {
        for await (const piece of pieces) write(piece);
      },
    );
  } catch (error) {
    throw decodeError(error);
  }
}

function* chunksOf(read: ZlibEnds["read"], frames: ZstdFrames | undefined): Generator<Uint8Array> {
  while (true) {
    // A new one each time: the decoder may still hold the last.
    const buffer = new Uint8Array(chunkBytes);
    const chunk = buffer.subarray(0, read(buffer));
    if (chunk.byteLength === 0) break;
    frames?.push(chunk);
    yield chunk;
  }
  frames?.end();
}

export function decodeError(error: unknown): unknown {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string")) return error;
  if (error.code === "Z_BUF_ERROR") {
    return new ArchiveError("truncated", "Cannot decode the archive: its gzip data is cut off; fetch it again", {
      cause: error,
    });
  }
  if (!/^Z_|^ZSTD_/u.test(error.code)) return error;
  const why = `its compressed data is damaged (${error.message}); fetch it again`;
  return new ArchiveError("corrupt", `Cannot decode the archive: ${why}`, { cause: error });
}
