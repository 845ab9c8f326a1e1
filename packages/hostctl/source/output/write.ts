import { writeSync } from "node:fs";

const descriptors = { stdout: 1, stderr: 2 } as const;
export type Stream = keyof typeof descriptors;

/** How long to wait for a reader that is slow to empty a non-blocking pipe. */
const retryMs = 2;

/** Writes all of it before it returns. Where nobody reads any more (`| head -1`) the rest is dropped: that is no failure of ours. */
export function write(stream: Stream, text: string | Uint8Array): void {
  let bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  while (bytes.byteLength > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptors[stream], bytes));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE" || code === "EBADF" || code === "EIO") return;
      if (code !== "EAGAIN") throw error;
      Bun.sleepSync(retryMs);
    }
  }
}

export function writeLine(stream: Stream, line: string): void {
  write(stream, `${line}\n`);
}
