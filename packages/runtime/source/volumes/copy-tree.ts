import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY, reflink, syncFileSystem } from "@host-service/disk";
import { RuntimeError } from "../error.ts";

/**
 * Copies a tree that nobody uses, with owners, modes, times, extended attributes, hard links and holes, sharing its blocks where the file
 * system can. `cp` of GNU does all of that, and takes links, pipes and device nodes for what they are. The copy is durable at the end.
 */
export async function copyTree(from: string, to: string): Promise<void> {
  const command = ["cp", "-a", "--reflink=auto", "--", from, to];
  const child = Bun.spawn(command, { env: environment(), stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const [said, status] = await Promise.all([child.stderr.text(), child.exited]);
  if (status !== 0) {
    const words = said.trim().split("\n").slice(0, 3).join("; ");
    throw new RuntimeError("volume", `Cannot copy "${from}": cp ended with ${status}: ${words}`);
  }
  const fd = openSync(to, O_RDONLY);
  try {
    syncFileSystem(fd);
  } finally {
    closeSync(fd);
  }
}

/** Allocated bytes of a tree, as du counts them; undefined where nobody can tell. Each hard link counts once. */
export async function bytesOfTree(path: string): Promise<number | undefined> {
  const command = ["du", "-s", "-k", "-x", "--", path];
  const child = Bun.spawn(command, { env: environment(), stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  const kibibytes = /^\d+/.exec(await child.stdout.text())?.[0];
  return kibibytes === undefined || (await child.exited) !== 0 ? undefined : Number(kibibytes) * 1024;
}

/** Whether files of this directory can share their blocks: tried with one. */
export async function sharesBlocks(directory: string): Promise<boolean> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const trial = await mkdtemp(join(directory, ".reflink-"));
  try {
    // A block at least, since some file systems keep less than that elsewhere.
    await writeFile(join(trial, "from"), Buffer.alloc(65536, 1));
    const from = openSync(join(trial, "from"), O_RDONLY);
    const to = openSync(join(trial, "to"), O_WRONLY | O_CREAT | O_EXCL, 0o600);
    try {
      return reflink(from, to);
    } finally {
      closeSync(from);
      closeSync(to);
    }
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}

function environment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" };
}
