import { readFileSync, readlinkSync } from "node:fs";
import { attempt } from "./system-call.ts";

// linux/mman-common.h
const MADV_DONTNEED = 4;

/**
 * Takes the machine code of this program out of the process's memory: what runs on comes back page by page, and what only the
 * start needed (most of it) does not. The pages stay in the page cache, from where the kernel may drop them now. Answers how many
 * bytes of address space were given back; a kernel that does not want to is no failure.
 */
export function releaseProgram(): number {
  const program = readlinkSync("/proc/self/exe");
  let released = 0;
  for (const { from, to } of codeOf(program, readFileSync("/proc/self/maps", "utf8"))) {
    if (attempt("madvise", from, to - from, MADV_DONTNEED) === 0) released += to - from;
  }
  return released;
}

/** Only code: it is never written, so every page of it can be read again from the file (proc_pid_maps(5)). */
function codeOf(program: string, maps: string): { from: number; to: number }[] {
  return maps.split("\n").flatMap((line) => {
    const found = /^([0-9a-f]+)-([0-9a-f]+) r-xp [0-9a-f]+ \S+ \d+ +(.*)$/.exec(line);
    if (found?.[1] === undefined || found[2] === undefined || found[3] !== program) return [];
    return [{ from: Number.parseInt(found[1], 16), to: Number.parseInt(found[2], 16) }];
  });
}
