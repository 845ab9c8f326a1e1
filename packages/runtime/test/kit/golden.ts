import { expect } from "bun:test";
import { join } from "node:path";

/** Compares with a file that a person can judge; UPDATE_GOLDEN=1 writes it anew. */
export async function expectGolden(name: string, text: string): Promise<void> {
  const path = join(import.meta.dir, "..", "golden", name);
  if (process.env["UPDATE_GOLDEN"] === "1") await Bun.write(path, text);
  expect(text).toBe(await Bun.file(path).text());
}
