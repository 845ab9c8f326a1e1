import path from "node:path";
import { manifests } from "../manifests.ts";
import { complain, type Rule, type Tree } from "../tree.ts";

/** A link to a file leads to one. */
export const workingLinks: Rule = (tree) =>
  documents(tree).flatMap(([file, text]) =>
    [...text.matchAll(/\]\(([^)\s#]+)(#[^)]*)?\)/g)]
      .map((match) => match[1] ?? "")
      .filter((target) => !/^[a-z]+:/.test(target) && !exists(path.posix.join(path.posix.dirname(file), target), tree))
      .map((target) => `${file}: there is no "${target}"`),
  );

/** A command that a document tells a person to type is there. */
export const workingCommands: Rule = (tree) => {
  const known = new Set([...manifests(tree).flatMap(({ scripts }) => Object.keys(scripts)), "install"]);
  return documents(tree).flatMap(([file, text]) =>
    complain(file, text, /\b(?:npm|bun) run ([\w:-]+)/, (name) => name)
      .filter((line) => !known.has(line.split(" ").at(-1) ?? ""))
      .map((line) => line.replace(/(\S+)$/, 'there is no task "$1"')),
  );
};

function documents(tree: Tree): [string, string][] {
  return [...tree].filter(([file]) => file.endsWith(".md"));
}

function exists(target: string, tree: Tree): boolean {
  const clean = target.replace(/\/$/, "");
  return tree.has(clean) || [...tree.keys()].some((file) => file.startsWith(`${clean}/`));
}
