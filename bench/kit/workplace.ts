import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { atEnd } from "./cleanup.ts";

export const root = path.resolve(import.meta.dirname, "../..");
/** What takes long to make, and is kept. */
export const cache = path.join(root, ".cache/bench");

/** What every scenario is given. */
export interface Bench {
  readonly rounds: number;
  /** On a real disk; sockets have short names in it. */
  readonly directory: string;
  /** Where hostctl and host-service are. */
  readonly dist: string;
}

export function makeDirectory(below: string): string {
  mkdirSync(below, { recursive: true });
  const directory = mkdtempSync(path.join(below, "hs-bench-"));
  atEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
