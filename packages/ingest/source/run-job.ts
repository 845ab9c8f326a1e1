// A job is this program again, as a child: it can be killed while it hangs on a foreign file system, and
// its memory and its processor time are not the daemon's.
import { IngestError } from "./error.ts";
import { jobLines } from "./job-lines.ts";
import type { Reception } from "./reception.ts";
import { watched } from "./stall-timer.ts";

export interface Job {
  readonly name: "copy" | "digest" | "take";
  readonly bytes: number;
  /** Where the first of these bytes is in the input. */
  readonly offset: number;
  /** The child's standard input, and its descriptors from 3 on. */
  readonly input: number | "ignore";
  readonly descriptors: readonly number[];
  readonly onBytes: (bytes: number) => void;
  /** Of a job that is the first to know how large its source is. */
  readonly onSource?: (bytes: number) => void;
}

/** What the operating system said in the child; `code` is the errno name. */
class JobFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Resolves to the job's last line; killed when it stalls or the reception is cancelled. */
export function runJob(reception: Reception, job: Job): Promise<Record<string, unknown>> {
  const { action, signal, limits, program } = reception;
  return watched({ action, signal, stallTimeoutMs: limits.stallTimeoutMs }, async (watch) => {
    const child = Bun.spawn([...program, "job", job.name, JSON.stringify({ bytes: job.bytes, offset: job.offset })], {
      stdio: [job.input, "pipe", "inherit", ...job.descriptors],
      // Nothing is inherited: BUN_OPTIONS would turn the child into another program.
      env: {},
      cwd: "/",
    });
    let hasEnded = false;
    const kill = () => {
      child.kill("SIGKILL");
      if (!hasEnded) reception.onJobKilled?.(child.exited);
    };
    watch.over.addEventListener("abort", kill, { once: true });
    for await (const line of jobLines(child.stdout)) {
      hasEnded = line.type === "done" || line.type === "failed";
      if (line.type === "done") return line.result;
      if (line.type === "failed") throw new JobFailure(line.code, line.message);
      watch.alive();
      if (line.type === "source") job.onSource?.(line.bytes);
      else job.onBytes(line.bytes);
    }
    const status = await child.exited;
    hasEnded = true;
    const end = child.signalCode ?? `status ${status}`;
    const reason = `its ${job.name} job ended early with ${end}; see the daemon's log`;
    throw new IngestError(action, { kind: "failed", reason });
  });
}
