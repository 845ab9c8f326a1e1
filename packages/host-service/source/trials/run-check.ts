const outputCharactersMax = 300;
const wordsWaitMs = 500;

/** Undefined when the command ended with 0; otherwise how it did, with its last words. `called` is what it is called there. */
export async function runCheck(
  command: readonly string[],
  signal: AbortSignal,
  { called = command }: { called?: readonly string[] } = {},
): Promise<string | undefined> {
  const name = JSON.stringify(called.join(" "));
  let child;
  try {
    child = Bun.spawn([...command], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      cwd: "/",
      // A process group of its own, so that what it started ends with it.
      detached: true,
    });
  } catch (error) {
    return `${name} did not start (${error instanceof Error ? error.message : String(error)})`;
  }
  const kill = () => killGroup(child.pid);
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  try {
    const words = lastWords(child.stderr);
    const status = await child.exited;
    if (status === 0) return undefined;
    const how = child.signalCode === null ? `ended with ${status}` : `was ended by ${child.signalCode}`;
    // What it left behind in the background may hold the pipe for ever.
    const said = await Promise.race([words, Bun.sleep(wordsWaitMs).then(() => "")]);
    return `${name} ${how}${said === "" ? "" : `: ${said}`}`;
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

/** The last line that is not empty. Of a check that writes without end only the end is kept. */
async function lastWords(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    text = (text + decoder.decode(chunk, { stream: true })).slice(-4 * outputCharactersMax);
  }
  const last = text.trim().split("\n").at(-1) ?? "";
  return last.replaceAll(/\p{Cc}/gu, " ").slice(0, outputCharactersMax);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // ESRCH: nobody is left.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
