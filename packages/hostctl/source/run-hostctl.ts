// `hostctl ping` takes a short way that loads neither the schemas nor the command line library: it is called often, and most of its
// time would be spent on loading. Everything else is loaded when it is needed.
import type { ExamineHost } from "./arguments/command.ts";
import { pingShortly, shortPing } from "./ping.ts";

/**
 * Runs hostctl with its arguments (without the program's name) and gives back the exit code. Never ends the process itself. `program` is the argv
 * that starts this program again, for its jobs; `examineHost` is what `hostctl doctor` does where host-service cannot be reached.
 */
export async function runHostctl(
  argv: readonly string[],
  start: { program: readonly string[]; examineHost?: ExamineHost },
): Promise<number> {
  const ping = shortPing(argv, process.env);
  if (ping !== undefined) {
    const code = await pingShortly(ping);
    if (code !== undefined) return code;
  }
  const { runCommandLine } = await import("./run-command-line.ts");
  try {
    return await runCommandLine(argv, start);
  } catch (error) {
    // Failures of commands are printed where they are caught; what comes here is that printing itself failed.
    process.stderr.write(`Cannot write the output: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
