import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "tar-stream";
import type { Header } from "tar-stream";
import { readBundle } from "../../source/bundle/read-bundle.ts";
import { ArchiveError } from "../../source/error.ts";

export async function tarOf(members: (Partial<Header> & { name: string; contents?: string })[]): Promise<Uint8Array> {
  const tar = pack();
  for (const { contents, ...header } of members) tar.entry({ mtime: new Date(0), ...header }, contents ?? "");
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

export async function withDirectory<Result>(use: (directory: string) => Result | Promise<Result>): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "archive-bundle-"));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The bundle, or its error as "kind: message". */
export function readFile(path: string) {
  const fd = openSync(path, "r");
  try {
    return readBundle(fd, statSync(path).size);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return `${error.kind}: ${error.message}`;
  } finally {
    closeSync(fd);
  }
}

export const readBytes = (bytes: Uint8Array) =>
  withDirectory((directory) => {
    writeFileSync(join(directory, "bundle.tar"), bytes);
    return readFile(join(directory, "bundle.tar"));
  });

/** Runs a program in a directory; its output, or its complaint thrown. */
export function run(directory: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: directory, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout;
}
