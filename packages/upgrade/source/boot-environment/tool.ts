import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import { UpgradeError } from "../error.ts";

// Not $PATH: what runs as root beside the daemon is not for an environment to choose.
const standardDirectories = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const timeLimitDefaultMs = 10_000;
const outputBytesMax = 1024 * 1024;
const wordsCharactersMax = 300;

export interface ToolOptions {
  /** Where tools are looked for, in this order. */
  directories?: readonly string[];
  timeLimitMs?: number;
}

interface Run extends ToolOptions {
  /** For messages: "read the boot environment". */
  purpose: string;
  input?: string;
}

export interface ToolResult {
  stdout: string;
  stderr: string;
  /** How it ended and its last words, when that was not well. */
  complaint?: string;
}

/** The absolute path of the first program of this name. */
export function findTool(name: string, { directories = standardDirectories }: ToolOptions): string | undefined {
  return directories.map((directory) => join(directory, name)).find(isProgram);
}

/** The same for one that has to be there; `install` says how it comes there. */
export function needTool(name: string, install: string, options: ToolOptions): string {
  const path = findTool(name, options);
  if (path !== undefined) return path;
  const { directories = standardDirectories } = options;
  throw new UpgradeError(
    "boot-environment",
    `Cannot use the boot environment: there is no ${JSON.stringify(name)} in ${directories.join(", ")}; ${install}`,
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Missing, or not ours to run: both mean that it is not there for us.
    return false;
  }
}

/** Runs a tool to its end. Throws UpgradeError where it does not start, does not end in time, or does not stop to write. */
export async function runTool(command: readonly [string, ...string[]], run: Run): Promise<ToolResult> {
  const { purpose, input = "", timeLimitMs = timeLimitDefaultMs } = run;
  const child = start(command, input, purpose);
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(`did not end within ${timeLimitMs / 1000} s; run it by hand to see what it waits for`),
    timeLimitMs,
  );
  try {
    const result = Promise.all([readText(child.stdout, limit), readText(child.stderr, limit), child.exited]);
    const [stdout, stderr] = await Promise.race([result, aborted(limit.signal)]);
    if (child.exitCode === 0) return { stdout, stderr };
    return { stdout, stderr, complaint: `${ending(child)}${lastWords(stderr, stdout)}` };
  } catch (error) {
    if (!limit.signal.aborted) throw error;
    // A process that is in the kernel's hands may stay: it is killed, and not waited for.
    killGroup(child.pid);
    throw toolError(command[0], purpose, String(limit.signal.reason));
  } finally {
    clearTimeout(timer);
  }
}

/** `"/usr/bin/fw_printenv" ended with exit code 243: its last words`, as the reason of an error. */
export function toolError(path: string, purpose: string, what: string): UpgradeError {
  return new UpgradeError("boot-environment", `Cannot ${purpose}: ${JSON.stringify(path)} ${what}`);
}

type Child = Bun.Subprocess<Uint8Array, "pipe", "pipe">;

function start(command: readonly [string, ...string[]], input: string, purpose: string): Child {
  try {
    return Bun.spawn([...command], {
      cwd: "/",
      env: { PATH: standardDirectories.join(":"), LC_ALL: "C" },
      stdin: new TextEncoder().encode(input),
      stdout: "pipe",
      stderr: "pipe",
      // A group of its own, so that a script ends with all that it has started.
      detached: true,
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw toolError(command[0], purpose, `cannot be started (${why})`);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
  return promise;
}

async function readText(stream: ReadableStream<Uint8Array>, limit: AbortController): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > outputBytesMax) limit.abort(`wrote more than ${outputBytesMax} bytes`);
    if (limit.signal.aborted) break;
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function ending({ exitCode, signalCode }: Child): string {
  return exitCode === null ? `was ended by ${signalCode}` : `ended with exit code ${exitCode}`;
}

function lastWords(...texts: readonly string[]): string {
  const line = texts
    .map((text) => text.trim().split("\n").at(-1) ?? "")
    .find((words) => words !== "")
    ?.replaceAll(/\p{Cc}/gu, " ")
    .slice(0, wordsCharactersMax)
    .replace(/\.$/, "");
  return line === undefined ? "" : `: ${line}`;
}
