import { DiskError } from "../disk-error.ts";
import type { DirectoryInode, Inode } from "./inodes.ts";

const linksMax = 40;

export interface Place {
  directory: DirectoryInode;
  name: string;
  inode: Inode | undefined;
}

/** Follows links in the directories of the path and not in its last name, as the calls of a Disk do. */
export function placeOf(root: DirectoryInode, path: string, call: string): Place {
  const fail = (code: string) =>
    new DiskError({ kind: code === "ENOENT" ? "missing" : "system-call", code, call, path });
  if (!path.startsWith("/")) throw fail("EINVAL");
  let links = 0;
  const ancestors = [root];
  const names = namesOf(path);
  for (;;) {
    const directory = ancestors.at(-1) ?? root;
    const name = names.shift();
    if (name === undefined) return { directory, name: ".", inode: directory };
    if (name === "..") {
      if (ancestors.length > 1) ancestors.pop();
      continue;
    }
    const inode = directory.entries.get(name);
    if (names.length === 0) return { directory, name, inode };
    if (inode === undefined) throw fail("ENOENT");
    if (inode.type === "file") throw fail("ENOTDIR");
    if (inode.type === "directory") {
      ancestors.push(inode);
      continue;
    }
    links += 1;
    if (links > linksMax) throw fail("ELOOP");
    if (inode.target.startsWith("/")) ancestors.length = 1;
    names.unshift(...namesOf(inode.target));
  }
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
