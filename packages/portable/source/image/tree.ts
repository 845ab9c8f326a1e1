// The files of an image that is a directory, as its own programs will see them: every path begins and every link is followed at the root of
// the image, never at ours. An image is hostile: it decides what its links say.
import { lstat, open, readdir, readlink } from "node:fs/promises";
import { constants } from "node:fs";
import { join } from "node:path";

export interface Found {
  /** From the root of the image, without a link in it: "usr/bin/program". */
  path: string;
  type: "file" | "directory" | "other";
  mode: number;
  bytes: number;
}

export interface Link {
  /** Where it lies, from the root of the image. */
  path: string;
  target: string;
}

export interface Resolved {
  /** Undefined where there is nothing. */
  found: Found | undefined;
  /** Every link on the way. */
  links: readonly Link[];
  /** Whether ".." was to leave the root. It stays there, as it does for the service. */
  climbs: boolean;
}

export interface ImageTree {
  resolve(path: string): Promise<Resolved>;
  /** The names in a directory that `resolve` has found, sorted. */
  list(directory: Found): Promise<string[]>;
  /** The beginning of a file that `resolve` has found. */
  read(file: Found, bytesMax: number): Promise<Uint8Array>;
}

/** As many as the kernel follows. */
const linksMax = 40;
const entriesMax = 10_000;

export function directoryTree(root: string): ImageTree {
  return {
    resolve: (path) => resolve(root, path),
    async list({ path }) {
      return (await readdir(join(root, path))).toSorted().slice(0, entriesMax);
    },
    async read({ path }, bytesMax) {
      const file = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const { buffer, bytesRead } = await file.read(new Uint8Array(bytesMax), 0, bytesMax, 0);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
  };
}

async function resolve(root: string, path: string): Promise<Resolved> {
  const links: Link[] = [];
  const nothing = (climbs: boolean): Resolved => ({ found: undefined, links, climbs });
  let climbs = false;
  let done: string[] = [];
  const left = path.split("/").filter(isName).toReversed();
  let found: Found = { path: "", type: "directory", mode: 0o755, bytes: 0 };
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    if (found.type !== "directory") return nothing(climbs);
    if (name === "..") {
      climbs ||= done.length === 0;
      done = done.slice(0, -1);
      found = { ...found, path: done.join("/") };
      continue;
    }
    const here = [...done, name].join("/");
    const status = await lstat(join(root, here)).catch(absent);
    if (status === undefined) return nothing(climbs);
    if (status.isSymbolicLink()) {
      const target = await readlink(join(root, here));
      links.push({ path: here, target });
      if (links.length > linksMax) return nothing(climbs);
      if (target.startsWith("/")) done = [];
      found = { ...found, path: done.join("/") };
      left.push(...target.split("/").filter(isName).toReversed());
      continue;
    }
    const type = status.isFile() ? "file" : status.isDirectory() ? "directory" : "other";
    done = [...done, name];
    found = { path: here, type, mode: status.mode & 0o7777, bytes: status.size };
  }
  return { found, links, climbs };
}

function isName(part: string): boolean {
  return part !== "" && part !== ".";
}

function absent(error: unknown): undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
  throw error;
}
