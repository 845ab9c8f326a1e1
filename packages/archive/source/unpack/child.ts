import type { FileSink } from "bun";
import { ArchiveError } from "../error.ts";

/** How a child ended, as far as its parent can tell. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The end of what it wrote on standard error. */
  readonly errors: string;
}

export interface Child {
  readonly ended: Promise<Ending>;
  /** Our ends of its input and output, where "pipe" was asked for. */
  readonly input: FileSink | undefined;
  readonly output: ReadableStream<Uint8Array> | undefined;
  kill(): void;
}

export interface ChildOptions {
  readonly command: readonly string[];
  readonly input: number | "pipe";
  /** A descriptor, a pipe to us, or where the lines of its output go. */
  readonly output: number | "pipe" | ((line: string) => void);
  /** Become 3, 4, … of the child. */
  readonly descriptors?: readonly number[];
  readonly environment?: Readonly<Record<string, string>>;
}

const errorsCharactersMax = 4096;
const lineCharactersMax = 65_536;

/** Nothing of our own environment goes along: BUN_OPTIONS in it would turn the child into another program. */
export function startChild(options: ChildOptions): Child {
  const { command, input, output, descriptors = [], environment = {} } = options;
  const child = Bun.spawn([...command], {
    argv0: "host-service",
    cwd: "/",
    env: { ...environment },
    stdio: [input, typeof output === "number" ? output : "pipe", "pipe", ...descriptors],
  });
  let errors = "";
  const reading = [
    readText(child.stderr, (text) => {
      errors = (errors + text).slice(-errorsCharactersMax);
    }),
  ];
  const stdout = child.stdout instanceof ReadableStream ? child.stdout : undefined;
  if (typeof output === "function" && stdout !== undefined) reading.push(readLines(stdout, output));
  const ended = Promise.all([child.exited, ...reading]).then(() => ({
    exitCode: child.exitCode,
    signal: child.signalCode === null ? null : String(child.signalCode),
    errors,
  }));
  return {
    ended,
    input: typeof child.stdin === "object" ? child.stdin : undefined,
    output: output === "pipe" ? stdout : undefined,
    kill: () => child.kill("SIGKILL"),
  };
}

async function readText(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}

async function readLines(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  let rest = "";
  await readText(stream, (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > lineCharactersMax) rest = "";
    for (const line of lines) take(line);
  });
}

/** For a child that ended without saying why. */
export function unexplained(what: string, ending: Ending): ArchiveError {
  const how = ending.signal === null ? `exit code ${ending.exitCode}` : `signal ${ending.signal}`;
  const said = ending.errors.trim().split("\n").at(-1) ?? "";
  return new ArchiveError(
    "failed",
    `Cannot unpack the archive: ${what} ended with ${how}${said === "" ? "" : ` (${said})`}`,
  );
}
