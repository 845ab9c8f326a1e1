// A file that fails where it is told to, and a block device over it.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { companions } from "./processes.ts";
import { run } from "./run.ts";

/** Offsets; see faulty-file-system.py. */
export interface Faults {
  readonly readError?: number;
  readonly writeError?: number;
  readonly flip?: number;
  readonly hang?: number;
}

export function skipWithoutFuse(): boolean {
  const isMissing = !existsSync("/dev/fuse") || process.geteuid?.() !== 0 || Bun.which("python3") === null;
  if (isMissing) console.log("skipped: tests of faulty files take root, /dev/fuse and python3");
  return isMissing;
}

export async function faultyFile(bytes: number, faults: Faults): Promise<AsyncDisposable & { readonly path: string }> {
  const point = mkdtempSync(join(tmpdir(), "upgrade-"));
  const program = join(import.meta.dirname, "faulty-file-system.py");
  const server = Bun.spawn(["python3", program, point, String(bytes), JSON.stringify(faults)], {
    stdin: "pipe",
    stdout: "pipe",
  });
  companions.add(String(server.pid));
  const end = async (): Promise<void> => {
    // Who waits for it is let go.
    await server.stdin.end();
    await server.exited;
    rmSync(point, { recursive: true });
  };
  const first = new TextDecoder().decode((await server.stdout[Symbol.asyncIterator]().next()).value);
  if (!first.startsWith("mounted")) {
    await end();
    throw new Error(`Cannot mount the faulty file system: ${first}`);
  }
  return { path: join(point, "file"), [Symbol.asyncDispose]: end };
}

export async function faultyDevice(
  bytes: number,
  faults: Faults,
): Promise<AsyncDisposable & { readonly path: string }> {
  const file = await faultyFile(bytes, faults);
  try {
    const path = run(["losetup", "--find", "--show", file.path]).trim();
    return {
      path,
      async [Symbol.asyncDispose]() {
        run(["losetup", "--detach", path]);
        await file[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}
