import type { Invocation } from "../arguments/command.ts";
import { printableJson } from "../output/printable.ts";
import { writeLine } from "../output/write.ts";
import { createBar } from "./bar.ts";
import type { Progress } from "./display.ts";
import { createPlain } from "./plain.ts";

const silent: Progress = { show: () => undefined, end: () => undefined };

export function createProgress(invocation: Invocation): Progress {
  if (invocation.quiet && !invocation.progressGiven) return silent;
  switch (invocation.progress) {
    case "none":
      return silent;
    case "json":
      return { show: (event) => writeLine("stderr", printableJson(event)), end: () => undefined };
    case "plain":
      return createPlain({ write: (line) => writeLine("stderr", line), now: () => performance.now() });
    case "auto":
      if (!process.stderr.isTTY || process.env["TERM"] === "dumb") return silent;
      return createBar(terminal());
  }
}

function terminal(): { write: (text: string) => void; columns: () => number; now: () => number } {
  return {
    write: (text) => process.stderr.write(text),
    columns: () => process.stderr.getWindowSize()[0],
    now: () => performance.now(),
  };
}
