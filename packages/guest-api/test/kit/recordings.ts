// The recordings of the real Incus 6.0.4 and LXD 5.0.2, and the sequences of events.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Flavour } from "../../source/index.ts";

export interface Recording {
  peer: "lxd-5.0.2" | "incus-6.0.4";
  name: string;
  /** Each character is one byte, as in `body`. */
  request: string;
  status: number | null;
  headers: [string, string][] | null;
  /** Of a pipelined case everything after the first header block. */
  body: string | null;
  body_len?: number;
  connection_after: string;
}

export interface Sequence {
  name: string;
  steps: { action: string; events: { type: string; metadata: Record<string, unknown> }[] }[];
}

const golden = join(import.meta.dir, "..", "golden");

export const recordings = JSON.parse(readFileSync(join(golden, "golden.json"), "utf8")) as Recording[];
const sequences = JSON.parse(readFileSync(join(golden, "golden-events.json"), "utf8")) as Sequence[];

export function flavourOf({ peer }: Recording): Flavour {
  return peer.startsWith("lxd") ? "lxd" : "incus";
}

export function sequence(name: string): Sequence {
  const found = sequences.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no sequence "${name}" in the recordings`);
  return found;
}
