import { expect } from "bun:test";
import { join } from "node:path";

/** Compares with a file that a person can judge; HOST_SERVICE_GOLDEN=write writes it anew. */
export async function expectGolden(directory: string, name: string, text: string): Promise<void> {
  const path = join(directory, "golden", name);
  if (process.env["HOST_SERVICE_GOLDEN"] === "write") await Bun.write(path, text);
  expect(text).toBe(await Bun.file(path).text());
}
