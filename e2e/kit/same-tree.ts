import { mkdir } from "node:fs/promises";
import { readXattrs } from "@host-service/disk";
import type { TreeEntry } from "@host-service/fixtures";
import { compareTrees, readTree } from "@host-service/fixtures";
import { isRoot } from "./requirements.ts";
import { must } from "./run.ts";

export type Tree = ReadonlyMap<string, TreeEntry>;

export function treeOf(directory: string): Tree {
  return readTree(directory, (path) => readXattrs(path));
}

/** What GNU tar makes of an archive, in an empty directory. */
export async function unpackedByTar(archive: string, directory: string): Promise<Tree> {
  await mkdir(directory);
  const keep = [
    "--xattrs",
    "--xattrs-include=*",
    "--numeric-owner",
    "--preserve-permissions",
    isRoot ? "--same-owner" : "--no-same-owner",
  ];
  await must(["tar", ...keep, "--extract", "--file", archive, "--directory", directory]);
  return treeOf(directory);
}

const differencesShownMax = 20;

/** One line for each difference, and how many more there are. */
export function differences(left: Tree, right: Tree): string[] {
  const all = compareTrees(left, right);
  const rest = all.length - differencesShownMax;
  return rest > 0 ? [...all.slice(0, differencesShownMax), `and ${rest} more`] : all;
}
