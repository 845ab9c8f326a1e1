import { type ByteString, printable } from "../tar/byte-string.ts";

/** What a user without privileges cannot give to a file. */
export interface NotKept {
  readonly owners: number;
  readonly devices: number;
  readonly xattrs: number;
  /** A few of each kind, for example `dev/null (devices)`. */
  readonly examples: string[];
}

const examplesMax = 5;

/** Counts by entry, not by attribute. */
export class NotKeptCount {
  readonly #counts = { owners: 0, devices: 0, xattrs: 0 };
  readonly #examples: string[] = [];

  add(what: "owners" | "devices" | "xattrs", name: ByteString): void {
    this.#counts[what] += 1;
    if (this.#counts[what] <= examplesMax) this.#examples.push(`${printable(name)} (${what})`);
  }

  report(): NotKept {
    return { ...this.#counts, examples: [...this.#examples] };
  }
}
