// The other side of a connection, as a process of its own, and ours.
import { join } from "node:path";
import { companions, type Workshop } from "./workshop.ts";

export interface Handed extends AsyncDisposable {
  /** Our end. */
  connection: number;
  /** The other side closes its end; answers what it printed last. */
  leave: () => Promise<string>;
}

let count = 0;

/** `what` is one of the names in hand-over.py. */
export async function handOver(workshop: Workshop, what: string, ...rest: string[]): Promise<Handed> {
  const accepted = Promise.withResolvers<number>();
  const path = workshop.path(`peer-${(count += 1)}`);
  const server = Bun.listen({
    unix: path,
    socket: {
      data: () => undefined,
      open(socket) {
        socket.pause();
        accepted.resolve((socket as Bun.Socket & { fd: number }).fd);
      },
    },
  });
  const program = join(import.meta.dir, "programs", "hand-over.py");
  const other = Bun.spawn(["python3", program, path, what, ...rest], { stdin: "pipe", stdout: "pipe" });
  companions.add(String(other.pid));
  const output = other.stdout[Symbol.asyncIterator]();
  let said = "";
  /** Waits until there is a whole line, or nothing more to come. */
  const line = async () => {
    for (let done = false; !done && !said.includes("\n");) {
      const next = await output.next();
      done = next.done === true;
      said += new TextDecoder().decode(next.value);
    }
    const [first = "", ...more] = said.split("\n");
    said = more.join("\n");
    return first;
  };
  if ((await line()) !== "sent") throw new Error(`Cannot hand over "${what}"`);
  return {
    connection: await accepted.promise,
    async leave() {
      await other.stdin.end();
      const last = await line();
      await other.exited;
      return last;
    },
    async [Symbol.asyncDispose]() {
      other.kill();
      await other.exited;
      server.stop(true);
    },
  };
}
