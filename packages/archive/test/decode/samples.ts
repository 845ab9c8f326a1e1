// Packed samples are made by the tools that people use, where this machine has them.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function packed(program: "xz" | "zstd" | "gzip", options: string[], input: Uint8Array): Uint8Array {
  const { status, stdout, stderr } = spawnSync(program, [...options, "-c"], { input, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return stdout;
}

export function has(program: string): boolean {
  const found = Bun.which(program) !== null;
  if (!found) console.log(`skipped: this machine has no ${program}`);
  return found;
}

/** Calls `use` with an open file that holds `contents`. */
export async function withFile<Result>(
  contents: Uint8Array,
  use: (fd: number, directory: string) => Result | Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "archive-decode-"));
  try {
    writeFileSync(join(directory, "file"), contents);
    const fd = openSync(join(directory, "file"), "r");
    try {
      return await use(fd, directory);
    } finally {
      closeSync(fd);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Bytes that pack to about half: not so regular that a decoder sees only one kind of block. */
export function sampleBytes(bytes: number): Uint8Array {
  const sample = new Uint8Array(bytes);
  let state = 1;
  for (let at = 0; at < bytes; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    sample[at] = at % 512 < 256 ? state >>> 24 : at & 0x0f;
  }
  return sample;
}
