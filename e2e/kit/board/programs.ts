// What the board has beside its root: the programs under test in /opt/host-service, and a few of its own in /sbin.
import { existsSync } from "node:fs";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dist, repository, runsSources } from "../program.ts";

const names = ["hostctl", "host-service", "host-service-boot"] as const;

/** The repository, where it is lent. */
const lent = "/opt/lent";
const bun = `${lent}/${process.execPath.slice(repository.length + 1)}`;

/** The command that runs a file of the repository on a board that it is lent to. */
export function onSources(path: string): string[] {
  return [bun, "run", `${lent}/${path}`];
}

export async function layOutPrograms(directory: string, { lendsSources }: { lendsSources: boolean }): Promise<void> {
  // Process 1 ends at the signal, and with it everything on the board.
  await writeProgram(join(directory, "sbin/reboot"), "kill -TERM 1");
  const place = join(directory, "programs");
  if (runsSources || lendsSources) await lendSources(directory);
  if (runsSources) await wrappers(place);
  else if (existsSync(dist)) await symlink(dist, place);
  else await mkdir(place);
}

async function lendSources(directory: string): Promise<void> {
  if (!process.execPath.startsWith(`${repository}/`)) {
    throw new Error("Cannot lend the board the sources: the Bun that runs this is not the repository's");
  }
  await symlink(repository, join(directory, "lent"));
}

/** While a test is being written: the sources in the place of the compiled program. */
async function wrappers(place: string): Promise<void> {
  await mkdir(place);
  const main = onSources("packages/executable/source/main.ts").join(" ");
  for (const name of names) {
    const words = name === "hostctl" ? "" : name === "host-service" ? "host-service" : "host-service boot";
    await writeProgram(join(place, name), `exec ${main} ${words} "$@"`);
  }
}

async function writeProgram(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}
