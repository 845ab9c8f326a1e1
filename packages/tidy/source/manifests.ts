import path from "node:path";
import type { Tree } from "./tree.ts";

/** A package.json, as far as the rules read it. */
export interface Manifest {
  readonly folder: string;
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export function manifests(tree: Tree): Manifest[] {
  return [...tree]
    .filter(([file]) => path.posix.basename(file) === "package.json")
    .map(([file, text]) => {
      const read: unknown = JSON.parse(text);
      return {
        folder: path.posix.dirname(file),
        name: member(read, "name")?.toString() ?? "",
        scripts: table(member(read, "scripts")),
        dependencies: table(member(read, "dependencies")),
        devDependencies: table(member(read, "devDependencies")),
      };
    });
}

/** The package that a file belongs to: the one in the nearest folder above it. */
export function packageOf(file: string, all: readonly Manifest[]): Manifest | undefined {
  return all
    .filter(({ folder }) => file.startsWith(`${folder}/`))
    .toSorted((a, b) => b.folder.length - a.folder.length)[0];
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

function table(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
