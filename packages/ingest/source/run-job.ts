// A job is this program again, as a child: it can be killed while it hangs on a foreign file system, and
// its memory and its processor time are not the daemon's.
import { IngestError } from "./error.ts";
import { jobLines } from "./job-lines.ts";
import type { Reception } from "./reception.ts";
import { type Watch, watched } from "./stall-timer.ts";

export interface Job {
  readonly name: "copy" | "digest" | "take";
  readonly bytes: number;
  /** Where the first of these bytes is in the input. */
  readonly offset: number;
  /** The child's descriptors from 3 on. */
  readonly descriptors: readonly number[];
  /** Given where the child is told something while it runs. What is written to it also says that there is something to wait for. */
  readonly onInput?: (input: JobInput) => void;
  readonly onBytes: (bytes: number) => void;
  /** Of a job that is the first to know how large its source is. */
  readonly onSource?: (bytes: number) => void;
}

export interface JobInput {
  /** The time of its stall timer starts again: what it is told is new work. */
  write(line: string): void;
  end(): void;
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
      stdio: [job.onInput === undefined ? "ignore" : "pipe", "pipe", "inherit", ...job.descriptors],
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
    if (child.stdin !== undefined) job.onInput?.(inputOf(child.stdin, watch));
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

function inputOf(sink: Bun.FileSink, watch: Watch): JobInput {
  const quietly = (act: () => unknown) => {
    try {
      // A promise where the pipe is full.
      Promise.resolve(act()).catch(childHasEnded);
    } catch {
      childHasEnded();
    }
  };
  return {
    write(line) {
      watch.alive();
      quietly(() => {
        void sink.write(`${line}\n`);
        return sink.flush();
      });
    },
    end: () => quietly(() => sink.end()),
  };
}

/** It hears nothing any more, and its end says why. */
function childHasEnded(): void {}
