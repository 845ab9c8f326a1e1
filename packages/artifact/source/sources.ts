import { read } from "node:fs";
import { promisify } from "node:util";
import type { ByteSource } from "./streams.ts";

const readDescriptor = promisify(read);

/** A file, or whatever an open descriptor gives, from where it stands to its end. The descriptor stays the caller's. */
export function descriptorSource(fd: number): ByteSource {
  return {
    read: async (into) => (await readDescriptor(fd, into, 0, into.byteLength, null)).bytesRead,
  };
}

/** The body of a request, or another stream, which is taken no faster than it is read here. */
export function streamSource(stream: ReadableStream<Uint8Array>): ByteSource {
  const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array();
  return {
    async read(into) {
      while (chunk.byteLength === 0) {
        const next = await chunks.next();
        if (next.done === true) return 0;
        chunk = next.value;
      }
      const filled = chunk.subarray(0, into.byteLength);
      into.set(filled);
      chunk = chunk.subarray(filled.byteLength);
      return filled.byteLength;
    },
  };
}

export function memorySource(bytes: Uint8Array): ByteSource {
  let at = 0;
  return {
    read(into) {
      const filled = bytes.subarray(at, at + into.byteLength);
      into.set(filled);
      at += filled.byteLength;
      return filled.byteLength;
    },
  };
}

/** `head` again, and then the rest of the source that it was read from. */
export function prepended(head: Uint8Array, rest: ByteSource): ByteSource {
  const first = memorySource(head);
  return {
    async read(into) {
      const filled = await first.read(into);
      return filled > 0 ? filled : await rest.read(into);
    },
  };
}

/** Between two reads; a source that waits for bytes has to end by itself. */
export function abortable(source: ByteSource, signal: AbortSignal | undefined): ByteSource {
  if (signal === undefined) return source;
  return {
    read(into) {
      signal.throwIfAborted();
      return source.read(into);
    },
  };
}

/** Fills all of `into`, or as much as there is, and answers how much. */
export async function fill(source: ByteSource, into: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < into.byteLength) {
    const got = await source.read(into.subarray(filled));
    if (got === 0) break;
    filled += got;
  }
  return filled;
}
