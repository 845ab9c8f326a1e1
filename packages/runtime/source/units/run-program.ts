// One program of systemd, to its end: a time limit, its output bounded, and an environment that we write.

/** Where its programs are looked for: the daemon's own path, which its unit sets. */
function searchPath(): string {
  return process.env["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/** Plain words in English, times in UTC, no colours. */
export function environmentOf(): Record<string, string> {
  return { PATH: searchPath(), LC_ALL: "C", TZ: "UTC", SYSTEMD_COLORS: "0", SYSTEMD_URLIFY: "0" };
}

export interface ProgramEnding {
  /** Undefined where it could not be started at all. */
  exitCode: number | undefined;
  /** It was ended by us. */
  isLate: boolean;
  output: string;
  /** The first line of its errors, or why it could not be started. */
  said: string;
}

const outputCharactersMax = 64 * 1024;
/** What it left behind may hold its output open for ever. */
const drainTimeoutMs = 1000;

export async function runProgram(command: readonly string[], options: { timeoutMs: number }): Promise<ProgramEnding> {
  let child;
  try {
    child = Bun.spawn([...command], { cwd: "/", env: environmentOf(), stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { exitCode: undefined, isLate: false, output: "", said };
  }
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, options.timeoutMs);
  const [output, errors] = [bounded(child.stdout), bounded(child.stderr)];
  try {
    const exitCode = await child.exited;
    await within(drainTimeoutMs, Promise.all([output.ended, errors.ended]));
    return { exitCode, isLate, output: output.text(), said: firstLine(errors.text()) };
  } finally {
    clearTimeout(timer);
  }
}

/** The beginning of a stream; the rest is read and forgotten. */
function bounded(stream: ReadableStream<Uint8Array>): { ended: Promise<void>; text(): string } {
  let text = "";
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      if (text.length < outputCharactersMax) text += decoder.decode(chunk, { stream: true });
    }
  };
  return { ended: read(), text: () => text };
}

async function within(timeMs: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => late.resolve(), timeMs);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}

const lineCharactersMax = 300;

function firstLine(text: string): string {
  const line = text.trim().split("\n")[0] ?? "";
  return line
    .replaceAll(/\p{C}+/gu, " ")
    .replace(/\.$/, "")
    .slice(0, lineCharactersMax);
}
