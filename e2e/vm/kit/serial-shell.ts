// The root shell of the guest on its second serial port, which is a socket out here: one line of base64 each way (test-shell in guest/).
import type { Socket } from "bun";
import type { Answer } from "../../kit/run.ts";
import { until } from "../../kit/until.ts";

export class SerialShell {
  readonly #socket: Socket;
  readonly #heard: { lines: string[]; rest: string };
  #questions = 0;

  private constructor(socket: Socket, heard: { lines: string[]; rest: string }) {
    this.#socket = socket;
    this.#heard = heard;
  }

  static async connect(path: string): Promise<SerialShell> {
    const heard: { lines: string[]; rest: string } = { lines: [], rest: "" };
    const data = (_: Socket, bytes: Uint8Array) => {
      const lines = (heard.rest + Buffer.from(bytes).toString("latin1")).split("\n");
      heard.rest = lines.pop() ?? "";
      heard.lines.push(...lines);
    };
    return new SerialShell(await Bun.connect({ unix: path, socket: { data, error: () => undefined } }), heard);
  }

  /** Waits for the shell of a new boot; answers with the boot's id. */
  async ready(deadlineMs: number): Promise<string> {
    return await until("the machine's shell is there", () => this.#take("READY "), deadlineMs);
  }

  /** Sends a script without waiting for an answer: for what does not come back. */
  send(script: string, name = "-"): void {
    this.#socket.write(`${name} ${Buffer.from(script).toString("base64")}\n`);
    this.#socket.flush();
  }

  /** Runs a script as root; both of its outputs are one. */
  async run(script: string, deadlineMs: number): Promise<Omit<Answer, "stderr">> {
    const name = `q${(this.#questions += 1)}`;
    this.send(script, name);
    const what = `the machine answers "${script}"`;
    const [exitCode = "", output = ""] = (await until(what, () => this.#take(`${name} `), deadlineMs)).split(" ");
    return { exitCode: Number(exitCode), stdout: Buffer.from(output, "base64").toString() };
  }

  close(): void {
    this.#socket.terminate();
  }

  /** What stands behind the mark in the first line that has it; lines before it are dropped. */
  #take(mark: string): string | undefined {
    for (let line = this.#heard.lines.shift(); line !== undefined; line = this.#heard.lines.shift()) {
      const at = line.indexOf(mark);
      if (at !== -1) return line.slice(at + mark.length).trim();
    }
    return undefined;
  }
}
