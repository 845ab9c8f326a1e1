// Pairs of tools with the command line of U-Boot's: the one prints all variables, the other takes a batch as lines on its standard input.
import { accessSync, constants, readFileSync } from "node:fs";
import { UpgradeError } from "../error.ts";
import { type Environment, type Variables, type WriteResult, parseVariables } from "./environment.ts";
import { type ToolOptions, needTool, runTool, toolError } from "./tool.ts";

export interface ScriptTools extends ToolOptions {
  print: string;
  set: string;
  /** How these tools come onto a host: "install libubootenv-tool". */
  install: string;
  /** What a person can do where they fail. */
  advice: string;
  /** Becomes `-c FILE`. */
  configuration?: string;
  /** Lists the files that are written, by lines that begin with a path. */
  listsFiles?: string;
}

const reading = "read the boot environment";
const writing = "change the boot environment";
export const readOnlyAdvice = "see whether it is mounted read-only or write-protected";
// libubootenv and U-Boot's own tools say so and go on with values that no boot loader has ever seen.
const usesDefaults = /using default|bad CRC/i;

/** libubootenv wants "name=value" and drops a line with a blank; U-Boot's own older tools want the blank. */
const separators = ["=", " "];

export function scriptEnvironment(tools: ScriptTools): Environment {
  const options = tools.configuration === undefined ? [] : ["-c", tools.configuration];
  return {
    async read() {
      const tool = needTool(tools.print, tools.install, tools);
      const { stdout, stderr, complaint } = await runTool([tool, ...options], { ...tools, purpose: reading });
      if (complaint !== undefined) throw toolError(tool, reading, `${complaint}; ${tools.advice}`);
      if (usesDefaults.test(stderr)) {
        throw toolError(tool, reading, `found no copy of it that is whole, and made one up; ${tools.advice}`);
      }
      return parseVariables(stdout);
    },
    writes: separators.map((separator) => (batch) => write(tools, options, { batch, separator })),
    checkWritable() {
      needTool(tools.set, tools.install, tools);
      for (const file of listedFiles(tools.listsFiles)) expectWritable(file);
    },
  };
}

async function write(
  tools: ScriptTools,
  options: readonly string[],
  { batch, separator }: { batch: Variables; separator: string },
): Promise<WriteResult> {
  const tool = needTool(tools.set, tools.install, tools);
  const input = [...batch].map(([name, value]) => `${name}${separator}${value}\n`).join("");
  const { complaint } = await runTool([tool, ...options, "-s", "-"], { ...tools, purpose: writing, input });
  return complaint === undefined ? { tool, advice: tools.advice } : { tool, complaint, advice: readOnlyAdvice };
}

/** A host without such a list may have one in another form, or none: then only the write itself can tell. */
function listedFiles(list: string | undefined): string[] {
  if (list === undefined) return [];
  try {
    return readFileSync(list, "utf8")
      .split("\n")
      .flatMap((line) => /^(\/\S+)\s/.exec(line)?.[1] ?? []);
  } catch {
    return [];
  }
}

/** Permissions and a read-only file system show; the lock of an eMMC's boot partition does not, and the tool lifts that itself. */
export function expectWritable(file: string): void {
  try {
    accessSync(file, constants.W_OK);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UpgradeError("boot-environment", `Cannot change the boot environment: ${why}; ${readOnlyAdvice}`, {
      cause,
    });
  }
}
