import { parse, SchemaError } from "@host-service/schema";
import type { GenericSchema, InferOutput } from "@host-service/schema";
import { UpgradeError } from "../../error.ts";
import { printable } from "../run/printable.ts";
import { lastWords, runTool, toolFailure, type ToolEnding } from "../run/run-tool.ts";
import type { Tool, ToolConfiguration } from "../run/tool.ts";

/** Asking is quick, unless a service of its own has to be started first. */
const askTimeoutMs = 60_000;

export function raucTool({ command, environment = {} }: ToolConfiguration): Tool {
  return { name: "rauc", commands: [command ?? ["rauc"]], debianPackage: "rauc", environment };
}

/** Runs a rauc command that answers at once; throws with its own words when it fails. */
export async function askRauc(
  tool: Tool,
  command: readonly string[],
  options: { action: string; signal?: AbortSignal; silenceTimeoutMs?: number },
): Promise<ToolEnding> {
  const ending = await runTool(tool, command, { silenceTimeoutMs: askTimeoutMs, ...options });
  if (ending.exitCode !== 0) throw toolFailure(options.action, ending, raucReason(ending));
  return ending;
}

/** The line of JSON in what rauc printed, as a typed value. */
export function parseAnswer<const Schema extends GenericSchema>(
  schema: Schema,
  { name, output }: ToolEnding,
  { action, subject }: { action: string; subject: string },
): InferOutput<Schema> {
  try {
    return parse(schema, JSON.parse(output.find((line) => line.startsWith("{")) ?? ""), { subject });
  } catch (error) {
    if (!(error instanceof SchemaError || error instanceof SyntaxError)) throw error;
    throw new UpgradeError("backend", `${action}: ${name} answers nonsense: ${printable(error.message)}`, {
      cause: error,
    });
  }
}

/** `rauc install` has a line for its reason; other commands end their standard error with it. */
export function raucReason(ending: ToolEnding): string {
  const lastError = ending.output.findLast((line) => line.startsWith("LastError: "));
  if (lastError !== undefined) return lastError.slice("LastError: ".length).replace(/^Installation error: /u, "");
  const errors = ending.errors.filter((line) => !/^(?:rauc-Message: |Installing `.*` failed)/u.test(line));
  return lastWords({ ...ending, errors });
}
