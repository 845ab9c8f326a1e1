// Names in a tree that strangers made. Every link is followed as if the tree's top were "/", so that none leads out of it; nothing
// may change the tree meanwhile.
import { lstatSync, readlinkSync } from "node:fs";
import type { Stats } from "node:fs";

/** As the kernel has it (path_resolution(7)). */
const linksMax = 40;

export interface Inside {
  /** On the host, with no link in it below the tree's top. */
  hostPath: string;
  /** The same, seen from inside. */
  path: string;
  status: Stats;
}

/** What `path` is inside of the tree at `root`; undefined where there is nothing. */
export function resolveInside(root: string, path: string): Inside | undefined {
  const waiting = path.split("/").toReversed();
  const walked: string[] = [];
  let status = statusOf(root);
  let links = 0;
  while (waiting.length > 0) {
    const part = waiting.pop() ?? "";
    if (part === "" || part === ".") continue;
    if (part === "..") {
      walked.pop();
      continue;
    }
    const hostPath = [root, ...walked, part].join("/");
    status = statusOf(hostPath);
    if (status === undefined) return undefined;
    if (!status.isSymbolicLink()) {
      walked.push(part);
      continue;
    }
    links += 1;
    if (links > linksMax) return undefined;
    const target = readlinkSync(hostPath);
    if (target.startsWith("/")) walked.length = 0;
    waiting.push(...target.split("/").toReversed());
  }
  const hostPath = [root, ...walked].join("/");
  status = statusOf(hostPath);
  return status === undefined ? undefined : { hostPath, path: `/${walked.join("/")}`, status };
}

function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}
