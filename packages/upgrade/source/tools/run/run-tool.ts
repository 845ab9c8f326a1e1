// One run of a program of the host, to its end.
import { UpgradeError } from "../../error.ts";
import { systemReason } from "../../system-error.ts";
import { programDirectories } from "./find-program.ts";
import { printable } from "./printable.ts";
import { endGroup, endLeftovers } from "./process-group.ts";
import { readLines } from "./read-lines.ts";
import { locate, type Tool } from "./tool.ts";
import { type Interruption, watch } from "./watch.ts";
import { within } from "./within.ts";

export interface ToolRunOptions {
  /** How an error begins: "Cannot install the bundle". */
  action: string;
  silenceTimeoutMs: number;
  signal?: AbortSignal | undefined;
  onLine?: (line: string) => void;
  /** Looked at now and then; while what it answers changes, the tool lives although it is silent. */
  signOf?: (pid: number) => string | undefined;
}

/** How a tool ended, whatever its exit code, with the last lines that it printed. */
export interface ToolEnding {
  name: string;
  exitCode: number | null;
  signal: string | null;
  output: readonly string[];
  errors: readonly string[];
}

const linesMax = 100;
/** Something that has left the group may hold the output open for ever. */
const drainTimeoutMs = 2000;

/** Throws UpgradeError where it cannot be started, hangs or is cancelled. However it ends, nothing of its process group is left. */
export async function runTool(tool: Tool, more: readonly string[], options: ToolRunOptions): Promise<ToolEnding> {
  const { action, silenceTimeoutMs, signal, onLine, signOf } = options;
  const { name, command } = locate(tool, action);
  if (signal?.aborted === true) throw interruption("cancelled", { action, name, silenceTimeoutMs, hasEnded: true });
  const child = start([...command, ...more], { action, name, environment: tool.environment });
  const sign = signOf === undefined ? undefined : () => signOf(child.pid);
  const watching = watch({ silenceTimeoutMs, signal, sign });
  const [output, errors] = [lastLines(onLine), lastLines(onLine)];
  const readers = [
    readLines(child.stdout, { onLine: output.take, onBytes: watching.alive }),
    readLines(child.stderr, { onLine: errors.take, onBytes: watching.alive }),
  ];
  const read = Promise.all(readers.map((reader) => reader.ended));
  try {
    const why = await Promise.race([child.exited.then(() => undefined), watching.interrupted]);
    if (why !== undefined) {
      throw interruption(why, { action, name, silenceTimeoutMs, hasEnded: await endGroup(child) });
    }
    endLeftovers(child.pid);
    await within(drainTimeoutMs, read);
    return {
      name,
      exitCode: child.exitCode,
      signal: child.signalCode === null ? null : String(child.signalCode),
      output: output.lines,
      errors: errors.lines,
    };
  } finally {
    watching.end();
    for (const reader of readers) reader.stop();
  }
}

function start(
  command: string[],
  { action, name, environment }: { action: string; name: string; environment: Readonly<Record<string, string>> },
): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  try {
    return Bun.spawn(command, {
      cwd: "/",
      env: { PATH: programDirectories.join(":"), LC_ALL: "C", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own, so that all of it can be ended.
      detached: true,
    });
  } catch (error) {
    const why = printable(systemReason(error));
    throw new UpgradeError("backend", `${action}: ${name} cannot be started: ${why}`, { cause: error });
  }
}

/** For an ending that is no success: the tool's own reason, in its words. */
export function toolFailure(action: string, ending: ToolEnding, said: string): UpgradeError {
  const how = ending.signal === null ? `ended with exit code ${ending.exitCode}` : `was ended by ${ending.signal}`;
  const words = printable(said);
  return new UpgradeError("backend", `${action}: ${ending.name} ${how}${words === "" ? "" : `: ${words}`}`);
}

/** The last line that says something: of the errors, else of the output. */
export function lastWords({ output, errors }: ToolEnding): string {
  const isSaying = (line: string) => printable(line) !== "";
  return errors.findLast(isSaying) ?? output.findLast(isSaying) ?? "";
}

export function cancelled(action: string, more = ""): UpgradeError {
  return new UpgradeError("cancelled", `${action}: it was cancelled${more}`);
}

function interruption(
  why: Interruption,
  {
    action,
    name,
    silenceTimeoutMs,
    hasEnded,
  }: { action: string; name: string; silenceTimeoutMs: number; hasEnded: boolean },
): UpgradeError {
  const left = hasEnded ? "" : `; it cannot be ended and may still write: reboot the host`;
  switch (why) {
    case "cancelled":
      return cancelled(action, left);
    case "stalled": {
      const seconds = silenceTimeoutMs / 1000;
      return new UpgradeError("stalled", `${action}: ${name} did nothing for ${seconds} s, and was ended${left}`);
    }
  }
}

function lastLines(onLine: ((line: string) => void) | undefined) {
  const lines: string[] = [];
  const take = (line: string) => {
    lines.push(line);
    if (lines.length > linesMax) lines.shift();
    onLine?.(line);
  };
  return { lines, take };
}
