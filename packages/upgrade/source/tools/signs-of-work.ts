// What a silent tool does, from outside: how far it has read its file, and whether its device is written.
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { HandedFile } from "./handed-file.ts";

/** How many bytes of the file the process has read, as the kernel knows; undefined while it does not have it open. */
export function bytesRead(pid: number, file: HandedFile): number | undefined {
  const own = `/proc/${pid}`;
  try {
    const fd = readdirSync(`${own}/fd`).find((name) => isFile(`${own}/fd/${name}`, file));
    if (fd === undefined) return undefined;
    const position = /^pos:\s+(\d+)$/mu.exec(readFileSync(`${own}/fdinfo/${fd}`, "latin1"))?.[1];
    return position === undefined ? undefined : Number(position);
  } catch {
    // It has ended, or closed the file between two of these lines.
    return undefined;
  }
}

function isFile(link: string, { device, inode }: HandedFile): boolean {
  const found = statSync(link, { throwIfNoEntry: false });
  return found?.dev === device && found.ino === inode;
}

/** A text that changes as a block device is written; "" where the kernel does not tell. */
export function writesOf(device: string): string {
  try {
    const counters = readFileSync(`/sys/class/block/${basename(realpathSync(device))}/stat`, "latin1");
    // The kernel's block/stat.rst: the seventh is sectors written, the ninth requests in flight.
    const fields = counters.trim().split(/\s+/u);
    return `${fields[6]} ${fields[8]}`;
  } catch {
    // No block device, or none any more.
    return "";
  }
}
