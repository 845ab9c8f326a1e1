// A file on a file system that fails where it is told to, and block devices over files. All of it is outside of the board.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, repository } from "./program.ts";
import { must } from "./run.ts";

/** Offsets: "readError" and "writeError" fail from there on, at "hang" who reads waits for ever. */
export type Faults = Readonly<Partial<Record<"readError" | "writeError" | "hang", number>>>;

export const faultyFileSystem = join(repository, "packages/upgrade/test/kit/faulty-file-system.py");

export interface FaultyDevice {
  path: string;
  /** As a card that is pulled out: whatever is read or written fails. */
  pull: () => Promise<void>;
}

export async function withFaultyDevice(
  { bytes, faults = {} }: { bytes: number; faults?: Faults },
  use: (device: FaultyDevice) => Promise<void>,
): Promise<void> {
  const point = await mkdtemp(join(tmpdir(), "hs-faulty-"));
  const server = Bun.spawn(["python3", faultyFileSystem, point, String(bytes), JSON.stringify(faults)], {
    env: environment,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const pull = async (): Promise<void> => {
    await server.stdin.end();
    await server.exited;
  };
  let path: string | undefined;
  try {
    const first = new TextDecoder().decode((await server.stdout[Symbol.asyncIterator]().next()).value);
    if (!first.startsWith("mounted")) throw new Error(`Cannot mount the file system that fails: ${first}`);
    path = (await must(["losetup", "--find", "--show", join(point, "file")])).trim();
    await use({ path, pull });
  } finally {
    if (path !== undefined) await must(["losetup", "--detach", path]);
    await pull();
    await rm(point, { recursive: true });
  }
}
