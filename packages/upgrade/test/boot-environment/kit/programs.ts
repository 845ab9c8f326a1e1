// Small programs that stand in for a boot loader's tools, in a directory of the test's own.
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Place {
  directory: string;
  path: (name: string) => string;
  write: (name: string, text: string | Uint8Array) => Promise<string>;
  read: (name: string) => Promise<string>;
  /** A program in the language of /bin/sh. */
  program: (name: string, script: string) => Promise<string>;
}

/** Tells a story in a temporary directory, which is gone afterwards. */
export async function inPlace(story: (place: Place) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "boot-environment-"));
  const path = (name: string) => join(directory, name);
  const write = async (name: string, text: string | Uint8Array) => {
    await writeFile(path(name), text);
    return path(name);
  };
  try {
    await story({
      directory,
      path,
      write,
      read: (name) => readFile(path(name), "utf8").catch(() => ""),
      program: async (name, script) => {
        await write(name, `#!/bin/sh\n${script}\n`);
        await chmod(path(name), 0o755);
        return path(name);
      },
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
