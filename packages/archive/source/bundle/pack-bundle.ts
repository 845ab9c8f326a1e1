// The only place that knows tar-stream's packing. The same parts always give the same bytes: no time, no owner.
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { pack } from "tar-stream";
import type { Pack } from "tar-stream";
import type { Extent } from "../decode/read-at.ts";
import { ArchiveError } from "../error.ts";

/** A file, a piece of one, or what is at hand. */
export type PackedPart =
  | { name: string; path: string; extent?: Extent }
  | { name: string; contents: string | Uint8Array };

const chunkBytes = 1024 * 1024;
const blockBytes = 512;

interface Source {
  name: string;
  bytes: number;
  offset: number;
  /** How long the whole file is, so that a change of it is seen. */
  fileBytes?: number;
  /** Missing when the contents are at hand. */
  fd?: number;
  contents?: Uint8Array;
}

/**
 * A bundle as a stream of so many bytes, in constant memory. Opens the files at once and closes them when the stream ends, fails or is
 * cancelled. Throws ArchiveError "bundle" for what is no regular file; the stream fails with it when a file changes its size.
 */
export function packBundle(parts: readonly PackedPart[]): { bytes: number; stream: ReadableStream<Uint8Array> } {
  const sources: Source[] = [];
  const close = () => {
    for (const { fd } of sources.splice(0)) if (fd !== undefined) closeSync(fd);
  };
  try {
    for (const part of parts) sources.push(openPart(part));
  } catch (error) {
    close();
    throw error;
  }
  const padded = (bytes: number) => Math.ceil(bytes / blockBytes) * blockBytes;
  const bytes = sources.reduce((total, source) => total + blockBytes + padded(source.bytes), 2 * blockBytes);
  return { bytes, stream: streamOf(pack(), { sources, close }) };
}

function streamOf(
  tar: Pack,
  { sources, close }: { sources: readonly Source[]; close: () => void },
): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<unknown> = tar[Symbol.asyncIterator]();
  let isStarted = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!isStarted) {
          isStarted = true;
          // Its failure destroys `tar`, and so arrives below.
          void writeParts(tar, sources);
        }
        try {
          const { done, value } = await chunks.next();
          if (value instanceof Uint8Array) return controller.enqueue(value);
          if (!done) throw new TypeError("tar-stream gave something that is not bytes");
        } catch (error) {
          close();
          throw error;
        }
        close();
        controller.close();
      },
      cancel() {
        tar.destroy();
        close();
      },
    },
    { highWaterMark: 0 },
  );
}

async function writeParts(tar: Pack, sources: readonly Source[]): Promise<void> {
  try {
    for (const source of sources) await writePart(tar, source);
    tar.finalize();
  } catch (error) {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

async function writePart(tar: Pack, source: Source): Promise<void> {
  const written = Promise.withResolvers<void>();
  const header = { name: source.name, size: source.bytes, mode: 0o644, mtime: new Date(0), type: "file" } as const;
  const entry = tar.entry(header, (error) => (error ? written.reject(error) : written.resolve()));
  // An error comes both ways, and also when this function has left with an error of its own.
  written.promise.catch(() => undefined);
  entry.on("error", () => undefined);
  for (const chunk of chunksOf(source)) {
    if (!entry.write(chunk)) await Promise.race([drained(entry), written.promise]);
  }
  entry.end(undefined);
  await written.promise;
}

function drained(entry: ReturnType<Pack["entry"]>): Promise<void> {
  return new Promise((resolve) => {
    entry.once("drain", () => resolve());
  });
}

function* chunksOf({ name, bytes, offset, fileBytes, fd, contents }: Source): Generator<Uint8Array> {
  if (contents !== undefined && contents.byteLength > 0) yield contents;
  if (fd === undefined) return;
  for (let at = 0; at < bytes;) {
    const chunk = new Uint8Array(Math.min(chunkBytes, bytes - at));
    const got = readSync(fd, chunk, 0, chunk.byteLength, offset + at);
    if (got === 0) throw changed(name);
    at += got;
    yield chunk.subarray(0, got);
  }
  if (fstatSync(fd).size !== fileBytes) throw changed(name);
}

function openPart(part: PackedPart): Source {
  if ("contents" in part) {
    const contents = typeof part.contents === "string" ? new TextEncoder().encode(part.contents) : part.contents;
    return { name: part.name, bytes: contents.byteLength, offset: 0, contents };
  }
  const fd = openRegular(part.path);
  const fileBytes = fstatSync(fd).size;
  const { offset, bytes } = part.extent ?? { offset: 0, bytes: fileBytes };
  return { name: part.name, bytes, offset, fileBytes, fd };
}

/** Opens without waiting for a FIFO's writer. The caller closes. */
export function openRegular(path: string): number {
  const shown = JSON.stringify(path);
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new ArchiveError("failed", `Cannot read ${shown}: ${describe(error)}`, { cause: error });
  }
  if (fstatSync(fd).isFile()) return fd;
  const what = fstatSync(fd).isDirectory() ? "it is a directory" : "it is not a regular file";
  closeSync(fd);
  throw new ArchiveError("failed", `Cannot read ${shown}: ${what}`);
}

function describe(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "you may not read it";
  return error instanceof Error ? error.message : String(error);
}

function changed(name: string): ArchiveError {
  return new ArchiveError(
    "bundle",
    `Cannot pack ${name}: the file changed its size meanwhile; try again when nobody writes it`,
  );
}
