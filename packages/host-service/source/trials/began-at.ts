// When a trial began, on the clock of this boot, kept in the run directory: a daemon that is started again goes on counting.
import { readFile, rm, writeFile } from "node:fs/promises";
import { bootTimeMs } from "@host-service/runtime/units";

/** `identity` is one line that says which trial of which boot it is; another one's note is written over. */
export async function beganAtMs(path: string, identity: string): Promise<number> {
  return (await notedBegin(path, identity)) ?? (await noteBegin(path, identity));
}

/** Undefined where nobody has noted that one. */
export async function notedBegin(path: string, identity: string): Promise<number | undefined> {
  const [noted, began] = (await readFile(path, "utf8").catch(() => "")).split("\n");
  return noted === identity && began !== undefined && /^\d+$/.test(began) ? Number(began) : undefined;
}

/** It begins now, whatever was noted. */
export async function noteBegin(path: string, identity: string): Promise<number> {
  const now = bootTimeMs();
  // In memory, and gone with the boot: nothing to sync.
  await writeFile(path, `${identity}\n${now}`, { mode: 0o600 });
  return now;
}

export async function forgetBegin(path: string): Promise<void> {
  await rm(path, { force: true });
}
