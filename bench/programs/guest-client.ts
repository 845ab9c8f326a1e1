// `bun guest-client.ts SOCKET TARGET CONNECTIONS MILLISECONDS kept|new`: asks a guest's socket and prints how many answers came in a
// second, and how many milliseconds each of them took. A program of its own, so that it can be
// started in a container.
import { parseArgs } from "node:util";

const [socket = "", target = "", connections = "", durationMs = "", manner = ""] = parseArgs({
  allowPositionals: true,
}).positionals;
const isKept = manner === "kept";
const request = `GET ${target} HTTP/1.1\r\nHost: guest\r\n\r\n`;
const until = performance.now() + Number(durationMs);
const latenciesMs: number[] = [];

/** One connection, on which it is asked once, or again and again. */
function ask(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let askedAt = performance.now();
  Bun.connect({
    unix: socket,
    socket: {
      open: (connection) => void connection.write(request),
      // An answer fits one piece.
      data(connection, bytes) {
        const text = bytes.toString("latin1");
        if (!text.startsWith("HTTP/1.1 200")) {
          connection.end();
          return reject(new Error(`Cannot measure requests: got "${text.slice(0, 40)}"`));
        }
        const now = performance.now();
        latenciesMs.push(now - askedAt);
        if (!isKept || now >= until) return void connection.end();
        askedAt = now;
        connection.write(request);
      },
      close: () => resolve(),
      error: (_, error) => reject(error),
    },
  }).catch(reject);
  return promise;
}

async function work(): Promise<void> {
  do await ask();
  while (performance.now() < until);
}

const begun = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, work));
const perSecond = (latenciesMs.length * 1000) / (performance.now() - begun);
process.stdout.write(`${[perSecond, ...latenciesMs].join(" ")}\n`);
