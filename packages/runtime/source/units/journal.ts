// What a container wrote to its console, and what systemd said about its unit: entries of the journal, as journalctl gives them.
import { environmentOf } from "./run-program.ts";
import { UnitError } from "./error.ts";
import { unitOf } from "./unit-name.ts";

export interface JournalEntry {
  /** RFC 3339, with milliseconds. */
  at: string;
  /** Of one line or more; bytes that are no UTF-8 are replaced. */
  text: string;
  /** Where the next reading goes on. */
  cursor: string;
}

export interface JournalOptions {
  /** "all", or an offset as journalctl(1) counts: 0 is this boot, -1 the one before. */
  boot: number | "all";
  /** Only the last ones; all where it is left out. */
  lines?: number | undefined;
  /** Only what came after this entry. */
  after?: string | undefined;
  /** Waits for more. */
  follow?: boolean | undefined;
  /** Ends the reading. */
  signal?: AbortSignal | undefined;
}

/** A line of journalctl; a longer one is left out. */
const lineBytesMax = 1024 * 1024;

/** The entries one after the other; the reader that stops early ends journalctl. */
export async function* readJournal(name: string, options: JournalOptions): AsyncGenerator<JournalEntry> {
  const child = start(name, options);
  const stop = () => child.kill("SIGKILL");
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted === true) stop();
  const errors = child.stderr.text();
  try {
    for await (const line of linesOf(child.stdout)) {
      const entry = entryOf(line);
      if (entry !== undefined) yield entry;
    }
    const exitCode = await child.exited;
    if (exitCode === 0 || options.signal?.aborted === true) return;
    const said = (await errors).trim().split("\n")[0] ?? "";
    throw new UnitError(
      "failed",
      `Cannot read the log of "${name}": journalctl ended with ${exitCode}${said && `: ${said}`}; try journalctl --unit=${unitOf(name)} on the host`,
    );
  } finally {
    options.signal?.removeEventListener("abort", stop);
    stop();
    await child.exited;
  }
}

/** Everything that was written so far is in the journal then; a journal that cannot be told is read as it is. */
export async function syncJournal(): Promise<void> {
  try {
    const child = Bun.spawn(["journalctl", "--sync"], {
      env: environmentOf(),
      stdio: ["ignore", "ignore", "ignore"],
      timeout: 5000,
    });
    await child.exited;
  } catch {
    // There is no journalctl: the reading says so.
  }
}

/** "2026-11-25T17:47:24.123Z text"; the further lines of one entry stand below it. */
export function formatEntry({ at, text }: JournalEntry): string {
  return `${text
    .split("\n")
    .map((line, index) => `${index === 0 ? at : " ".repeat(at.length)} ${line}`)
    .join("\n")}\n`;
}

function start(name: string, { boot, lines, after, follow }: JournalOptions) {
  const command = [
    "journalctl",
    `--unit=${unitOf(name)}`,
    "--output=json",
    "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_PID",
    // Without it, long messages are null.
    "--all",
    "--quiet",
    "--no-pager",
    ...(boot === "all" ? [] : [`--boot=${boot}`]),
    ...(lines === undefined ? ["--no-tail"] : [`--lines=${lines}`]),
    ...(after === undefined ? [] : [`--after-cursor=${after}`]),
    ...(follow === true ? ["--follow"] : []),
  ];
  try {
    return Bun.spawn(command, { cwd: "/", env: environmentOf(), stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const next = "its log is where the host keeps it";
    throw new UnitError("no-systemd", `Cannot read the log of "${name}": journalctl did not start (${why}); ${next}`, {
      cause: error,
    });
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let isTooLong = false;
  for await (const chunk of stream) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = pieces.pop() ?? "";
    for (const piece of pieces) {
      if (!isTooLong) yield piece;
      isTooLong = false;
    }
    if (rest.length <= lineBytesMax) continue;
    rest = "";
    isTooLong = true;
  }
}

function entryOf(line: string): JournalEntry | undefined {
  const value = parseJson(line);
  if (typeof value !== "object" || value === null) return undefined;
  const members = new Map<string, unknown>(Object.entries(value));
  const [cursor, time] = [members.get("__CURSOR"), Number(members.get("__REALTIME_TIMESTAMP"))];
  if (typeof cursor !== "string" || !Number.isFinite(time)) return undefined;
  // What systemd itself says about the unit is told apart from what the container says.
  const isAboutUnit = members.get("SYSLOG_IDENTIFIER") === "systemd" && members.get("_PID") === "1";
  const text = textOf(members.get("MESSAGE"));
  return { at: new Date(time / 1000).toISOString(), text: isAboutUnit ? `systemd: ${text}` : text, cursor };
}

/** Text, or a list of bytes where the message is no UTF-8 or has control characters (systemd.journal-fields, journal export). */
function textOf(message: unknown): string {
  if (typeof message === "string") return message.replace(/\n$/, "");
  if (!Array.isArray(message)) return "";
  const bytes = message.filter((byte) => typeof byte === "number");
  return new TextDecoder().decode(new Uint8Array(bytes)).replace(/\n$/, "");
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // A line that journalctl was cut off in.
    return undefined;
  }
}
