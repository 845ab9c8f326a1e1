// A caller that hands over a descriptor of any kind, as a process of its own.
import { join } from "node:path";
import { environment, repository } from "./program.ts";

const program = join(repository, "packages/ingest/test/programs/hand-over.py");

export interface HandedOver {
  token: string;
  /** The caller ends, and its connection with it. */
  leave: () => Promise<void>;
}

/** `what` is one of the names in hand-over.py; `socket` is the listener's. */
export async function handOver(socket: string, what: string, ...rest: string[]): Promise<HandedOver> {
  const caller = Bun.spawn(["python3", program, `${socket}.peer`, what, ...rest], {
    env: { ...environment, READ_ANSWER: "1" },
    stdin: "pipe",
    stdout: "pipe",
  });
  let said = "";
  const output = caller.stdout[Symbol.asyncIterator]();
  while (said.split("\n").length < 3) {
    const { done, value } = await output.next();
    if (done === true) throw new Error(`Cannot hand over "${what}": the caller said "${said}"`);
    said += new TextDecoder().decode(value);
  }
  const answer = JSON.parse(said.split("\n")[1] ?? "") as { token?: string };
  if (answer.token === undefined) throw new Error(`Cannot hand over "${what}": ${said}`);
  return {
    token: answer.token,
    async leave() {
      caller.kill("SIGKILL");
      await caller.exited;
    },
  };
}
