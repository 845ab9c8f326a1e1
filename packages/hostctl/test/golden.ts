import { expect } from "bun:test";
import { join } from "node:path";
import type { Ran } from "./run.ts";

/** Compares with `golden/<name>`; HOSTCTL_GOLDEN=write writes it anew, for a person to judge. */
export async function expectGolden(name: string, text: string): Promise<void> {
  const path = join(import.meta.dir, "golden", name);
  if (process.env["HOSTCTL_GOLDEN"] === "write") await Bun.write(path, text);
  expect(text).toBe(await Bun.file(path).text());
}

/** A run as a person sees it on a terminal: the command, its output, and what it ended with. */
export function transcript(argv: readonly string[], ran: Ran): string {
  const words = argv.map((word) => (/^[\w./~=:-]+$/.test(word) ? word : JSON.stringify(word)));
  const lines = (text: string, mark: string): string =>
    text === ""
      ? ""
      : text
          .trimEnd()
          .split("\n")
          .map((line) => `${mark}${line}\n`)
          .join("");
  return `$ hostctl ${words.join(" ")}\n${lines(ran.stdout, "")}${lines(ran.stderr, "stderr: ")}exit ${ran.exit}\n`;
}
