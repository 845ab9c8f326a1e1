import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** A digest of everything that the executable is made of: our sources, our build, the lockfile and Bun itself. */
export async function digestOfInputs(root: string, options: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([Bun.version, options]));
  for (const file of await inputs(root)) {
    hash.update(`\0${file}\0`).update(await readFile(path.join(root, file)));
  }
  return hash.digest("hex");
}

async function inputs(root: string): Promise<string[]> {
  const files = ["package.json", "bun.lock"];
  const packages = path.join(root, "packages");
  for (const name of await readdir(packages)) {
    files.push(`packages/${name}/package.json`);
    for (const folder of ["source", "compile"]) {
      const entries = await readdir(path.join(packages, name, folder), { recursive: true, withFileTypes: true }).catch(
        missingIsEmpty,
      );
      files.push(...entries.filter((entry) => entry.isFile()).map((entry) => relative(root, entry)));
    }
  }
  return files.toSorted();
}

function relative(root: string, entry: { parentPath: string; name: string }): string {
  return path.relative(root, path.join(entry.parentPath, entry.name));
}

function missingIsEmpty(error: NodeJS.ErrnoException): [] {
  if (error.code === "ENOENT") return [];
  throw error;
}
