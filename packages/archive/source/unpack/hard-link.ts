import { closeSync, constants } from "node:fs";
import { linkAt, openBeneath } from "@host-service/disk";
import { bytesOf, printable } from "../tar/byte-string.ts";
import type { HardLinkEntry } from "../tar/entry.ts";
import { refused } from "../tar/refusal.ts";
import type { Place } from "./place.ts";
import { codeOf } from "./write-error.ts";

const directory = constants.O_RDONLY | constants.O_DIRECTORY;
const failures: Readonly<Record<string, string>> = {
  ENOENT: "is not in the archive before it",
  ENOTDIR: "is not in the archive before it",
  EPERM: "is a directory",
  EXDEV: "lies outside of the root",
  ELOOP: "lies outside of the root",
};

/** To the entry itself, also when that is a symbolic link, as GNU tar makes it. */
export function makeHardLink(
  entry: HardLinkEntry,
  target: Place,
  to: { rootFd: number; parentFd: number; place: Place },
): void {
  const isBeside = target.parent === to.place.parent;
  const targetFd = isBeside ? to.parentFd : openTargetParent(to.rootFd, target, entry);
  try {
    linkAt(targetFd, bytesOf(target.name), to.parentFd, bytesOf(to.place.name));
  } catch (error) {
    throw linkError(error, entry);
  } finally {
    if (!isBeside) closeSync(targetFd);
  }
}

function openTargetParent(rootFd: number, target: Place, entry: HardLinkEntry): number {
  try {
    return openBeneath(rootFd, bytesOf(target.parent === "" ? "." : target.parent), directory);
  } catch (error) {
    throw linkError(error, entry);
  }
}

function linkError(error: unknown, entry: HardLinkEntry): unknown {
  const why = failures[codeOf(error) ?? ""];
  if (why === undefined) return error;
  return refused(entry.path, `it is a hard link to "${printable(entry.target)}", which ${why}`, error);
}
