// The members of a metadata archive that was unpacked: files of ours by now, with names of strangers.
import { lstatSync, readFileSync, readdirSync } from "node:fs";
import { clean, refuseMeta } from "./refusal.ts";

const fileBytesMax = 1024 * 1024;
const listLinesMax = 4096;

export interface Members {
  /** All of them, also below directories, in order; a directory ends with "/". */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** As latin1, so that every byte is kept. */
  bytes(name: string): string;
  text(name: string): string;
  /** Without the empty ones, as latin1. */
  lines(name: string): string[];
}

export function openMembers(directory: string): Members {
  const names = listBelow(directory, "").toSorted();
  const known = new Set(names);
  const bytes = (name: string): string => {
    if (!known.has(name)) throw refuseMeta(`${clean(name)} is not in it`);
    const path = Buffer.from(`${Buffer.from(directory).toString("latin1")}/${name}`, "latin1");
    if (lstatSync(path).size > fileBytesMax) throw refuseMeta(`${clean(name)} has more than ${fileBytesMax} bytes`);
    return readFileSync(path).toString("latin1");
  };
  return {
    names,
    has: (name) => known.has(name),
    bytes,
    text: (name) => Buffer.from(bytes(name), "latin1").toString("utf8"),
    lines(name) {
      const lines = bytes(name).split(/\r?\n/u);
      if (lines.length > listLinesMax + 1) throw refuseMeta(`${clean(name)} has more than ${listLinesMax} lines`);
      return lines.map((line) => line.trim()).filter((line) => line !== "");
    },
  };
}

// With `withFileTypes` the runtime has no names as bytes.
function listBelow(root: string, below: string): string[] {
  const pathOf = (name: string) => Buffer.from(`${Buffer.from(root).toString("latin1")}/${name}`, "latin1");
  return readdirSync(pathOf(below), { encoding: "buffer" }).flatMap((entry) => {
    const name = `${below}${entry.toString("latin1")}`;
    return lstatSync(pathOf(name)).isDirectory() ? [`${name}/`, ...listBelow(root, `${name}/`)] : [name];
  });
}
