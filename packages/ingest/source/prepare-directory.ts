import { chmod, lstat, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { IngestError, messageOf, quote } from "./error.ts";
import { inboxName } from "./partial-file.ts";

/** Makes it for its owner alone and sweeps what an earlier run left. Removes only names of our own form: a wrong directory in the configuration loses nothing. */
export async function prepareDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const status = await lstat(directory);
    if (!status.isDirectory()) throw new Error("it is not a directory");
    await chmod(directory, 0o700);
    const left = (await readdir(directory)).filter((name) => inboxName.test(name));
    await Promise.all(left.map((name) => rm(join(directory, name), { force: true, recursive: true })));
  } catch (error) {
    const reason = messageOf(error);
    throw new IngestError(`open the inbox ${quote(directory)}`, { kind: "failed", reason }, { cause: error });
  }
}
