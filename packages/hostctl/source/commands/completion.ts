import { exitCodes } from "@host-service/protocol";
import type { Entry, Invocation } from "../arguments/command.ts";
import { oneOf } from "../arguments/scan.ts";
import { UsageError } from "../arguments/usage-error.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { printAnswer } from "../output/answer.ts";

const makers = new Map([
  ["bash", bashCompletion],
  ["zsh", zshCompletion],
  ["fish", fishCompletion],
]);

/** Completes the words of these commands. */
export function completionOf(entries: readonly Entry[]) {
  return async (invocation: Invocation): Promise<number> => {
    const shell = invocation.positionals[0] ?? "";
    const make = makers.get(shell);
    if (make === undefined) {
      const why = `it has to be ${oneOf([...makers.keys()])}`;
      throw new UsageError(`Cannot complete for "${shell}": ${why}`, ["completion"]);
    }
    const script = make(entries);
    printAnswer(invocation, { shell, script }, [script.trimEnd()]);
    return exitCodes.done;
  };
}
