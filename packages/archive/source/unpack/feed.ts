import { readSync } from "node:fs";
import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ArchiveError } from "../error.ts";
import type { TarReader } from "../tar/reader.ts";
import { codeOf } from "./write-error.ts";
import { ZstdFrames } from "./zstd-frames.ts";

/** What comes in on the descriptor. `bytes` is how many belong to the archive; without it, all up to the end. */
export interface Feed {
  readonly fd: number;
  readonly format: "tar" | "tar.zst" | "tar.gz";
  readonly bytes?: number | undefined;
}

const chunkBytes = 256 * 1024;

/** Everything that a feed needs, made before the jail is shut, since nothing can be loaded after. */
export type Decoder =
  | { readonly format: "tar" }
  | { readonly format: "tar.zst" | "tar.gz"; readonly stream: Transform };

export function makeDecoder(format: Feed["format"]): Decoder {
  switch (format) {
    case "tar":
      return { format };
    case "tar.zst":
      return { format, stream: createZstdDecompress({ chunkSize: chunkBytes }) };
    case "tar.gz":
      return { format, stream: createGunzip({ chunkSize: chunkBytes }) };
  }
}

/** Pushes the whole stream through the reader and ends it. */
export async function feed(reader: TarReader, source: Feed, decoder: Decoder): Promise<void> {
  if (decoder.format === "tar") {
    // One buffer for all: the reader has used it up when push() returns.
    const buffer = new Uint8Array(chunkBytes);
    for (const chunk of chunksOf(source, () => buffer)) reader.push(chunk);
    reader.end();
    return;
  }
  const frames = decoder.format === "tar.zst" ? new ZstdFrames() : undefined;
  try {
    await pipeline(compressedChunks(source, frames), decoder.stream, async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) reader.push(chunk);
    });
  } catch (error) {
    throw decodeError(error);
  }
  reader.end();
}

function* compressedChunks(source: Feed, frames: ZstdFrames | undefined): Generator<Uint8Array> {
  for (const chunk of chunksOf(source, () => new Uint8Array(chunkBytes))) {
    frames?.push(chunk);
    yield chunk;
  }
  frames?.end();
}

function* chunksOf(source: Feed, bufferOf: () => Uint8Array): Generator<Uint8Array> {
  let left = source.bytes ?? Number.POSITIVE_INFINITY;
  while (left > 0) {
    const buffer = bufferOf();
    const read = readSync(source.fd, buffer, 0, Math.min(buffer.byteLength, left), null);
    if (read === 0) return;
    left -= read;
    yield buffer.subarray(0, read);
  }
}

function decodeError(error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof ArchiveError) return error;
  if (code === "Z_BUF_ERROR") {
    return new ArchiveError("truncated", "Cannot decode the archive: its gzip data is cut off; fetch it again", {
      cause: error,
    });
  }
  if (!/^Z_|^ZSTD_/u.test(code)) return error;
  const why = error instanceof Error ? error.message : code;
  return new ArchiveError(
    "corrupt",
    `Cannot decode the archive: its compressed data is damaged (${why}); fetch it again`,
    {
      cause: error,
    },
  );
}
