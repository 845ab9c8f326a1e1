import { environment } from "./program.ts";

export interface Answer {
  stdout: string;
  stderr: string;
  exitCode: number;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: Uint8Array | Bun.BunFile | ReadableStream<Uint8Array>;
  timeoutMs?: number;
}

const timeoutDefaultMs = 120_000;

/** Runs a command to its end. Ended by a signal, its code is 128 and the signal's number would be; here -1. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Answer> {
  const child = Bun.spawn([...command], {
    env: { ...environment, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: options.stdin ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: options.timeoutMs ?? timeoutDefaultMs,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  return { stdout, stderr, exitCode: child.exitCode ?? -1 };
}

/** The same for a command that has to succeed; gives its standard output. */
export async function must(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { stdout, stderr, exitCode } = await run(command, options);
  if (exitCode !== 0)
    throw new Error(`Cannot run "${command.join(" ")}": it ended with ${exitCode}: ${stdout}${stderr}`);
  return stdout;
}

/** Without what a program of ours says where it does not run as root: the stories are the same for everybody. */
export function asRoot(answer: Answer): Answer {
  const loss = /^(?:warning: )?host-service does not run as root and could not keep .*\n/gm;
  const losses = /,?"host-service does not run as root and could not keep (?:[^"\\]|\\.)*"/g;
  return { ...answer, stderr: answer.stderr.replaceAll(loss, ""), stdout: answer.stdout.replaceAll(losses, "") };
}
