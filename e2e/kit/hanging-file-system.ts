// A mounted file system whose file can be opened, but neither read nor closed.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment } from "./program.ts";

export function needsFuse(): string | undefined {
  return existsSync("/dev/fuse") ? undefined : "it needs /dev/fuse";
}

export async function onHangingFileSystem(use: (file: string) => Promise<void>): Promise<void> {
  const point = await mkdtemp(join(tmpdir(), "hs-hang-"));
  const server = Bun.spawn(["python3", join(import.meta.dirname, "hanging-file-system.py"), point], {
    env: environment,
    stdin: "pipe",
    stdout: "pipe",
  });
  try {
    const first = new TextDecoder().decode((await server.stdout[Symbol.asyncIterator]().next()).value);
    if (!first.startsWith("mounted")) throw new Error(`Cannot mount the file system that hangs: ${first}`);
    await use(join(point, "file"));
  } finally {
    // Who waits for it is let go.
    await server.stdin.end();
    await server.exited;
    await rm(point, { recursive: true });
  }
}
