// What the host has given away already: to its users, and to them as subordinate ids (subuid(5), subgid(5)).
import { dirname, join, resolve } from "node:path";
import { DiskError } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import type { IdRange } from "./id-range.ts";

const fileBytesMax = 4 * 1024 * 1024;

/** In which field of a line the first id is, and in which one how many there are; a user is one. */
const files = {
  passwd: { first: 2 },
  group: { first: 2 },
  subuid: { first: 1, count: 2 },
  subgid: { first: 1, count: 2 },
} as const;

export async function hostIds(disk: Disk, etcDirectory: string): Promise<IdRange[]> {
  const ranges: IdRange[] = [];
  for (const [name, fields] of Object.entries(files)) {
    const text = await readIfThere(disk, join(etcDirectory, name));
    ranges.push(...rangesIn(text, fields));
  }
  return ranges;
}

/** Other lines, such as "+" of NIS, name no id. */
function rangesIn(text: string, fields: { first: number; count?: number }): IdRange[] {
  return text.split("\n").flatMap((line) => {
    const parts = line.split(":");
    const base = numberOf(parts[fields.first]);
    const count = fields.count === undefined ? 1 : numberOf(parts[fields.count]);
    return base === undefined || count === undefined || count === 0 ? [] : [{ base, count }];
  });
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/u.test(text.trim()) ? Number(text) : undefined;
}

async function readIfThere(disk: Disk, path: string): Promise<string> {
  // Some systems have links there.
  const target = await disk.readLink(path).catch(() => undefined);
  try {
    const file = target === undefined ? path : resolve(dirname(path), target);
    return new TextDecoder().decode(await disk.read(file, { bytesMax: fileBytesMax }));
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return "";
    throw error;
  }
}
