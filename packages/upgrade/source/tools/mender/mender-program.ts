import type { Tool, ToolConfiguration } from "../run/tool.ts";
import { runTool, toolFailure, type ToolEnding, type ToolRunOptions } from "../run/run-tool.ts";
import { menderReason } from "./mender-words.ts";

/** mender-update is the client since 4.0; before, it was mender. */
export function menderTool({ command, environment = {} }: ToolConfiguration): Tool {
  return {
    name: "mender",
    commands: command === undefined ? [["mender-update"], ["mender"]] : [command],
    debianPackage: "mender-client",
    environment,
  };
}

export type MenderResult =
  | { kind: "done"; ending: ToolEnding }
  /** Nothing to commit, nothing to roll back. */
  | { kind: "nothing" }
  | { kind: "failed"; error: Error };

/** 0 and, where a reboot is to follow, 4 are success; 2 says that no update is in progress. */
export async function askMender(
  tool: Tool,
  command: readonly string[],
  options: ToolRunOptions,
): Promise<MenderResult> {
  const ending = await runTool(tool, command, options);
  if (ending.exitCode === 0 || ending.exitCode === 4) return { kind: "done", ending };
  if (ending.exitCode === 2) return { kind: "nothing" };
  return { kind: "failed", error: toolFailure(options.action, ending, menderReason(ending)) };
}
