// What each bad input is answered, for a person to judge: a `golden.txt` has a section for each test file, and in it a block for each
// case: its name, then the exit code or the HTTP status, then the message.
import { afterAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const isUpdate = process.env["UPDATE_GOLDEN"] === "1";

export class GoldenSection {
  readonly #name: string;
  readonly #path: string;
  readonly #wanted: ReadonlyMap<string, string>;
  readonly #got = new Map<string, string>();
  #skipped = 0;

  constructor(name: string, directory = import.meta.dirname) {
    this.#name = name;
    this.#path = join(directory, "golden.txt");
    this.#wanted = blocksOf(sectionsOf(this.#path).get(name) ?? "");
    afterAll(() => {
      if (isUpdate) this.#write();
    });
  }

  compare(name: string, block: string): void {
    if (this.#got.has(name)) throw new Error(`Cannot compare "${name}": there are two cases of that name`);
    this.#got.set(name, block);
    if (!isUpdate) expect(block).toBe(this.#wanted.get(name) ?? `there is no "${name}" in golden.txt`);
  }

  skip(): void {
    this.#skipped += 1;
  }

  /** The last test of a file: a block whose case is gone turns it red. */
  complete(): void {
    test(`golden.txt has no more than the cases of "${this.#name}"`, () => {
      if (isUpdate || this.#skipped > 0) return;
      expect([...this.#wanted.keys()]).toEqual([...this.#got.keys()]);
    });
  }

  #write(): void {
    const all = sectionsOf(this.#path);
    const kept = this.#skipped > 0 ? [...this.#wanted].filter(([name]) => !this.#got.has(name)) : [];
    const blocks = [...this.#got, ...kept].map(([name, block]) => `${name}\n${block.replace(/^/gmu, "  ")}\n`);
    all.set(this.#name, blocks.join(""));
    const text = [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, body]) => `== ${name}\n${body}`);
    writeFileSync(this.#path, text.join("\n"));
  }
}

function sectionsOf(path: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of read(path).split(/^== /mu).slice(1)) {
    const end = part.indexOf("\n");
    found.set(part.slice(0, end), part.slice(end + 1));
  }
  return found;
}

function blocksOf(section: string): Map<string, string> {
  const blocks = new Map<string, string>();
  let name = "";
  for (const line of section.split("\n")) {
    if (line.startsWith("  ")) blocks.set(name, [...(blocks.get(name)?.split("\n") ?? []), line.slice(2)].join("\n"));
    else if (line !== "") name = line;
  }
  return blocks;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
