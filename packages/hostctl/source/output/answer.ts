import type { Invocation } from "../arguments/command.ts";
import { printable, printableJson } from "./printable.ts";
import { writeLine } from "./write.ts";

/** Prints a successful answer: the document with `--json`, else the lines for people; nothing with `--quiet`. */
export function printAnswer(invocation: Invocation, document: unknown, lines: readonly string[]): void {
  if (invocation.quiet) return;
  if (invocation.json) writeLine("stdout", printableJson(document));
  else for (const line of lines) writeLine("stdout", line);
}

/** Warnings are for the person, whatever the output is made for. */
export function printWarnings(warnings: readonly string[]): void {
  for (const warning of warnings) writeLine("stderr", `warning: ${printable(warning)}`);
}
