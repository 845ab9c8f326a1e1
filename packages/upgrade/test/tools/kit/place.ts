import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstallOptions, InstallProgress, UpgradeSource } from "../../../source/index.ts";

/** A directory of one test's own; what is put into `atEnd` is undone last first, also when the test fails. */
export async function inPlace<T>(
  story: (directory: string, atEnd: (undo: () => void) => void) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "upgrade-tools-"));
  const steps: (() => void)[] = [];
  try {
    return await story(directory, (undo) => steps.push(undo));
  } finally {
    for (const undo of steps.toReversed()) undo();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A file of the inbox, as the daemon hands it to an installer. */
export async function withSource<T>(path: string, use: (source: UpgradeSource) => Promise<T>): Promise<T> {
  const fd = openSync(path, "r");
  try {
    return await use({ kind: "file", fd, bytes: statSync(path).size, path });
  } finally {
    closeSync(fd);
  }
}

export function writeProgram(path: string, text: string): string {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

/** Bytes that no tool can take for zeros, the same for the same seed. */
export function writeImage(path: string, { bytes, seed }: { bytes: number; seed: number }): string {
  const block = new Uint32Array(bytes / 4);
  let state = seed;
  for (let index = 0; index < block.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    block[index] = state;
  }
  writeFileSync(path, block);
  return path;
}

/** The options of an install into slot "b", and what is told meanwhile. */
export function recorded(more: { signal?: AbortSignal; onBytes?: (bytes: number) => void; refuse?: Error } = {}) {
  const progress: InstallProgress[] = [];
  const beforeWriting: unknown[] = [];
  const options: InstallOptions = {
    slot: "b",
    signal: more.signal ?? new AbortController().signal,
    onProgress(told) {
      progress.push(told);
      more.onBytes?.(told.bytes);
    },
    async beforeWriting(image) {
      beforeWriting.push(image);
      if (more.refuse !== undefined) throw more.refuse;
    },
  };
  return { options, progress, beforeWriting };
}

/** What the promise is rejected with, as a value to compare. */
export async function refusal(work: Promise<unknown>): Promise<{ name: string; kind: unknown; message: string }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) {
      return { name: error.name, kind: "kind" in error ? error.kind : undefined, message: error.message };
    }
    throw error;
  }
  throw new Error("Cannot compare the refusal: nothing was refused");
}

/** Whether any living process has this text in its command line. */
export function isRunning(text: string): boolean {
  const found = Bun.spawnSync(["ps", "-eo", "stat=,args="]).stdout.toString().split("\n");
  return found.some((line) => line.includes(text) && !line.startsWith("Z"));
}

export async function until(what: string, condition: () => boolean): Promise<void> {
  const last = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > last) throw new Error(`Cannot go on: "${what}" did not happen`);
    await Bun.sleep(5);
  }
}
