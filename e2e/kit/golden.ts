// Golden files: what the commands print, with what changes from run to run replaced by names. A person can judge the result.
import { expect } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "./device.ts";
import type { Answer } from "./run.ts";
import { workshop } from "./images.ts";

const directory = join(import.meta.dirname, "../golden");
const isUpdate = process.env["UPDATE_GOLDEN"] === "1";

/** Gathers what was typed and answered. */
export class Transcript {
  readonly #lines: string[] = [];
  readonly #masks: [RegExp | string, string][];

  constructor(device: Pick<Device, "directory">) {
    // As long as what they stand for, where it stands in a column.
    this.#masks = [
      [device.directory, "DEVICE"],
      [workshop, "IMAGES"],
      [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "OPERATION"],
      [/\b[0-9a-f]{64}\b/g, "DIGEST"],
      [/\b[0-9a-f]{12}\b/g, "SHORT-DIGEST"],
      [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME"],
      [/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, "YYYY-MM-DD hh:mm UTC"],
      [/"(durationMs|bytes|entries|unpackedBytes)":\d+/g, '"$1":N'],
      [/\b\d\.\d s\b/g, "N.N s"],
      [/ +[\d.]+ k?M?B +(unpacked [\d.]+ k?M?B +)?/g, "  SIZE  "],
      [/ [\d.]+ k?M?B$/gm, " SIZE"],
      [/config-\d+\.yaml/g, "config.yaml"],
      [/bundle-\d+\.tar/g, "bundle.tar"],
    ];
  }

  heading(text: string): void {
    this.#lines.push(...(this.#lines.length === 0 ? [] : [""]), `## ${text}`);
  }

  add(words: readonly string[], answer: Answer): void {
    this.#lines.push("", `$ ${words.join(" ")}`, ...linesOf(answer.stdout, ""), ...linesOf(answer.stderr, "stderr: "));
    if (answer.exitCode !== 0) this.#lines.push(`exit code ${answer.exitCode}`);
  }

  async compare(name: string): Promise<void> {
    await compareWithGolden(
      name,
      `${this.#masks.reduce((all, [what, by]) => all.replaceAll(what, by), this.#lines.join("\n"))}\n`,
    );
  }
}

/** Compares with the file of that name; writes it instead where UPDATE_GOLDEN=1. */
export async function compareWithGolden(name: string, text: string): Promise<void> {
  const path = join(directory, `${name}.txt`);
  if (isUpdate) {
    await mkdir(directory, { recursive: true });
    await writeFile(path, text);
    return;
  }
  const golden = await readFile(path, "utf8").catch(() => `there is no ${name}.txt; write it with UPDATE_GOLDEN=1\n`);
  expect(text).toBe(golden);
}

function linesOf(text: string, prefix: string): string[] {
  return text === ""
    ? []
    : text
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => `${prefix}${line}`);
}
