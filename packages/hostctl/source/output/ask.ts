import { createInterface } from "node:readline";
import { write } from "./write.ts";

/** Asks on a terminal, on standard error; "no" is the default. Without a terminal there is nobody to ask. */
export async function ask(question: string): Promise<"yes" | "no" | "nobody"> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return "nobody";
  write("stderr", `${question} [y/N] `);
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return /^\s*y(es)?\s*$/i.test(line) ? "yes" : "no";
    return "no";
  } finally {
    lines.close();
  }
}
