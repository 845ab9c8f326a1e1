// What a refused request must not leave: the state and the run directory as they were, no file that is still held, no child.
import { createHash } from "node:crypto";
import { lstat, readFile, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "../kit/device.ts";
import { request } from "../kit/api.ts";
import { childrenOf } from "../kit/processes.ts";
import { until } from "../kit/until.ts";

/** Every name with its type, mode and contents; the history is meant to grow. */
export async function traces(device: Device): Promise<string[]> {
  const { stateDirectory, runDirectory } = device.paths;
  const found = await Promise.all([linesOf(stateDirectory, "state"), linesOf(runDirectory, "run")]);
  return found.flat().filter((line) => !line.startsWith("state/history.ndjson "));
}

async function linesOf(path: string, name: string): Promise<string[]> {
  const status = await lstat(path);
  const mode = (status.mode & 0o7777).toString(8);
  if (status.isDirectory()) {
    const names = (await readdir(path)).toSorted();
    const below = await Promise.all(names.map((entry) => linesOf(join(path, entry), `${name}/${entry}`)));
    return [`${name}/ ${mode}`, ...below.flat()];
  }
  if (status.isSymbolicLink()) return [`${name} -> ${await readlink(path)}`];
  if (status.isSocket()) return [`${name} socket ${mode} ${status.ino}`];
  if (!status.isFile()) return [`${name} special ${mode}`];
  const sha256 = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  return [`${name} ${mode} ${status.size} ${sha256}`];
}

/** Waits until the daemon has no child and holds no file that has lost its name, then asks whether it still answers. */
export async function settled(device: Device): Promise<void> {
  await until("the daemon's children have ended", async () => (await childrenOf(device.daemonPid)).length === 0);
  await until("the daemon holds no removed file", async () => (await removedFilesOf(device.daemonPid)).length === 0);
  const answer = await request(device.socket, "/v1/ping");
  if (answer.status !== 200) throw new Error(`Cannot go on: ping answers ${answer.status}`);
}

async function removedFilesOf(pid: number): Promise<string[]> {
  const directory = `/proc/${pid}/fd`;
  const targets = await Promise.all(
    (await readdir(directory)).map((fd) => readlink(join(directory, fd)).catch(() => "")),
  );
  return targets.filter((target) => target.startsWith("/") && target.endsWith(" (deleted)"));
}
