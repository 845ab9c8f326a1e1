// A board that is switched on: its process 1, and what runs beside it. All of it ends with process 1.
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { environment } from "../program.ts";
import { isAlive } from "../processes.ts";
import type { Answer, RunOptions } from "../run.ts";
import { run } from "../run.ts";
import { until } from "../until.ts";

export interface MachineOptions {
  /** The board's own directory. */
  directory: string;
  root: string;
  /** "name=number" of each partition. */
  numbers: readonly string[];
}

export type Inside = Bun.Subprocess<"ignore", "pipe", "pipe">;

const init = join(import.meta.dirname, "init.sh");
const namespaces = ["--mount", "--pid", "--uts"];
const insideEnvironment = { ...environment, PATH: `/opt/host-service:/sbin:${environment.PATH}`, HOME: "/root" };

export class Machine {
  readonly bootId: string;
  readonly #outer: Bun.Subprocess;
  readonly #pid: number;

  private constructor(bootId: string, outer: Bun.Subprocess, pid: number) {
    this.bootId = bootId;
    this.#outer = outer;
    this.#pid = pid;
  }

  /** Throws with the reason where the root cannot become one. */
  static async start({ directory, root, numbers }: MachineOptions): Promise<Machine> {
    const bootId = randomUUID();
    const command = ["unshare", ...namespaces, "--fork", "--kill-child", "--propagation", "private"];
    const log = join(directory, "init.log");
    const outer = Bun.spawn([...command, "/bin/sh", init, directory, root, bootId, ...numbers], {
      env: environment,
      stdio: ["ignore", "pipe", Bun.file(log)],
    });
    const pid = /^up (\d+)$/.exec(await firstLine(outer.stdout))?.[1];
    if (pid === undefined) {
      await outer.exited;
      throw new Error(`Cannot start "${root}": ${(await Bun.file(log).text()).trim()}`);
    }
    await writeFile(join(directory, "init.pid"), `${pid}\n`);
    return new Machine(bootId, outer, Number(pid));
  }

  /** Runs a command to its end. */
  async run(command: readonly string[], options: RunOptions = {}): Promise<Answer> {
    return await run(this.#enter(command), { ...options, env: { ...insideEnvironment, ...options.env } });
  }

  /** Starts a command that goes on. */
  start(command: readonly string[], env: Record<string, string> = {}): Inside {
    return Bun.spawn(this.#enter(command), {
      env: { ...insideEnvironment, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** A cut is not told to anybody; what goes down in order ends its process 1 itself. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    if (await isAlive(this.#pid)) process.kill(this.#pid, signal);
    await this.ended();
  }

  async ended(): Promise<void> {
    await this.#outer.exited;
    await until("process 1 is gone", async () => !(await isAlive(this.#pid)));
  }

  get isUp(): boolean {
    return this.#outer.exitCode === null && this.#outer.signalCode === null;
  }

  #enter(command: readonly string[]): string[] {
    return ["nsenter", "--target", String(this.#pid), ...namespaces, "--", ...command];
  }
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}
