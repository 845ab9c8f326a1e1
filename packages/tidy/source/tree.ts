import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** The text files of the repository by their path from its root, so that a rule can be tried on a few lines. */
export type Tree = ReadonlyMap<string, string>;

/** Looks at a tree and says what is wrong: `path[:line]: what`. */
export type Rule = (tree: Tree) => string[];

const textual = /(\.(ts|mjs|json|md|yml|toml|lock|sh|conf|service)|^\.ci\/\w+|LICENSE)$/;

/** What is made or fetched, and the failures that are planted to try the rules. */
const leftOut = /(^|\/)(node_modules|dist|build|coverage|\.cache|\.git|golden)$|^packages\/tidy\/test\/planted\.ts$/;

export async function readTree(root: string): Promise<Tree> {
  const paths = (await walk(root, "")).filter((file) => textual.test(file)).toSorted();
  return new Map(
    await Promise.all(paths.map(async (file) => [file, await readFile(path.join(root, file), "utf8")] as const)),
  );
}

async function walk(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true });
  const below = entries.map(async (entry) => {
    const at = path.posix.join(folder, entry.name);
    if (leftOut.test(at)) return [];
    if (entry.isDirectory()) return walk(root, at);
    return entry.isFile() ? [at] : [];
  });
  return (await Promise.all(below)).flat();
}

/** TypeScript of ours: product and tests. */
export function scripts(tree: Tree): [file: string, text: string][] {
  return [...tree].filter(([file]) => /\.(ts|mjs)$/.test(file));
}

export function isTest(file: string): boolean {
  return /(^|\/)test\/|^e2e\/|^bench\//.test(file);
}

/** `path:line: what` for each line that fits. */
export function complain(file: string, text: string, pattern: RegExp, what: (match: string) => string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const match = pattern.exec(line);
    return match === null ? [] : [`${file}:${index + 1}: ${what(match[1] ?? match[0])}`];
  });
}
