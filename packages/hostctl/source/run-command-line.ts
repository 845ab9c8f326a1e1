// Knows the order of one call: read the words, answer --help and --version, bind, run, and turn a failure into its line and exit code.
import { exitCodes } from "@host-service/protocol";
import packageDocument from "../package.json" with { type: "json" };
import { bind } from "./arguments/citty.ts";
import { isGroup } from "./arguments/command.ts";
import type { ExamineHost } from "./arguments/command.ts";
import { checkPositionals, quoted, scan } from "./arguments/scan.ts";
import type { Scanned } from "./arguments/scan.ts";
import { UsageError } from "./arguments/usage-error.ts";
import { Interrupted } from "./commands/cancellable.ts";
import { entries } from "./commands/entries.ts";
import { reportFailure } from "./output/failure.ts";
import { writeLine } from "./output/write.ts";

interface Start {
  /** The argv that starts this program again. */
  program: readonly string[];
  examineHost?: ExamineHost;
}

export async function runCommandLine(argv: readonly string[], start: Start): Promise<number> {
  // A command line that cannot be read may still say in which form its problem is wanted.
  let json = argv.includes("--json");
  try {
    const scanned = scan(argv, entries);
    json = isGiven(scanned, "json");
    if (isGiven(scanned, "help")) return await printHelp(scanned);
    if (isGiven(scanned, "version")) {
      writeLine("stdout", `hostctl ${packageDocument.version}`);
      return exitCodes.done;
    }
    return await runScanned(scanned, start);
  } catch (error) {
    const code = await reportFailure(error, { json });
    if (error instanceof Interrupted) error.endProcess();
    return code;
  }
}

/** They ask no host-service. */
const offlineCommands: ReadonlySet<string> = new Set(["image", "completion"]);

async function runScanned(scanned: Scanned, start: Start): Promise<number> {
  const { entry, path } = scanned;
  if (entry === undefined) throw new UsageError("Cannot run hostctl: the command is missing");
  if (isGroup(entry)) {
    const names = entry.commands.map((command) => command.name).join(", ");
    throw new UsageError(`Cannot run ${quoted(path)}: the command is missing; there are ${names}`, path);
  }
  checkPositionals(entry, scanned.positionals, path);
  const run = await entry.load();
  const invocation = { ...(await bind(entry, scanned)), ...start };
  const { device } = invocation;
  if (device === undefined || offlineCommands.has(path[0] ?? "")) return await run(invocation);
  const { withDevice } = await import("./device/with-device.ts");
  return await withDevice(device, invocation, run);
}

async function printHelp(scanned: Scanned): Promise<number> {
  const { helpFor } = await import("./output/help.ts");
  writeLine("stdout", helpFor(scanned.path, scanned.entry));
  return exitCodes.done;
}

function isGiven(scanned: Scanned, name: string): boolean {
  return scanned.options.some(({ option }) => option.name === name);
}
