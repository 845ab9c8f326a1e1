import { setDefaultTimeout } from "bun:test";
import { join } from "node:path";

const entry = join(import.meta.dir, "../source/main.ts");

// Each run starts a process, and a busy machine may be slow at that.
setDefaultTimeout(60_000);

export interface Ran {
  stdout: string;
  stderr: string;
  exit: number;
}

export interface RunOptions {
  socketPath?: string;
  stdin?: "ignore" | Blob | ReadableStream<Uint8Array>;
  directory?: string;
  environment?: Record<string, string>;
}

export function start(argv: readonly string[], options: RunOptions = {}) {
  const environment = {
    PATH: process.env["PATH"] ?? "",
    ...(options.socketPath === undefined ? {} : { HOST_SERVICE_SOCKET: options.socketPath }),
    ...options.environment,
  };
  return Bun.spawn([process.execPath, entry, ...argv], {
    cwd: options.directory ?? import.meta.dir,
    env: environment,
    stdin: options.stdin ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** Runs the whole program and waits for its end. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = start(argv, options);
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, exit };
}
