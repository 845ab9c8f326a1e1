// Programs that only have to be there, on the path of this process.
import { afterAll } from "bun:test";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Until the tests of the file have run. */
export async function withPrograms(...names: readonly string[]): Promise<void> {
  const before = process.env["PATH"];
  const directory = await mkdtemp(join(tmpdir(), "hs-programs-"));
  for (const name of names) {
    await writeFile(join(directory, name), "#!/bin/sh\nexit 1\n");
    await chmod(join(directory, name), 0o755);
  }
  process.env["PATH"] = [directory, before].join(delimiter);
  afterAll(async () => {
    process.env["PATH"] = before;
    await rm(directory, { recursive: true });
  });
}
