// A real server on a Unix socket that receives every body, and clients that write bytes by hand.
import { connect, type Socket } from "node:net";
import { type Inbox, type InboxFile, IngestError, type ReceiveOptions } from "../source/index.ts";

export type Outcome = { file: InboxFile } | { error: IngestError };

export interface Receiver extends AsyncDisposable {
  readonly socketPath: string;
  /** The outcome of the next request. */
  next(): Promise<Outcome>;
}

export function startReceiver(
  inbox: Inbox,
  { socketPath, receive }: { socketPath: string; receive?: (request: Request) => ReceiveOptions },
): Receiver {
  const outcomes: Outcome[] = [];
  const waiting: ((outcome: Outcome) => void)[] = [];
  const settle = (outcome: Outcome) => {
    const waiter = waiting.shift();
    if (waiter === undefined) outcomes.push(outcome);
    else waiter(outcome);
  };
  const options = {
    unix: socketPath,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    async fetch(request: Request) {
      try {
        const file = await inbox.receiveBody(request, receive?.(request));
        settle({ file });
        return new Response("received");
      } catch (error) {
        if (!(error instanceof IngestError)) throw error;
        settle({ error });
        return new Response(error.message, { status: 408, headers: { connection: "close" } });
      }
    },
  };
  // The types forbid it on a Unix socket, where it counts all the same.
  Object.assign(options, { idleTimeout: 0 });
  const server = Bun.serve(options);
  return {
    socketPath,
    next() {
      const outcome = outcomes.shift();
      if (outcome !== undefined) return Promise.resolve(outcome);
      return new Promise((resolve) => void waiting.push(resolve));
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

export interface RawClient extends Disposable {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  send(bytes: string | Uint8Array): void;
  answer(): string;
}

export function openClient(socketPath: string): RawClient {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  let answer = "";
  const closed = Promise.withResolvers<void>();
  socket.on("data", (chunk) => (answer += chunk.toString()));
  socket.on("end", () => socket.end());
  socket.on("close", () => closed.resolve());
  // A server that has closed already: the end is what the test waits for.
  socket.on("error", () => closed.resolve());
  return {
    socket,
    closed: closed.promise,
    send: (bytes) => void socket.write(bytes),
    answer: () => answer,
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

export function sizedHead(bytes: number): string {
  return `POST / HTTP/1.1\r\nHost: device\r\nContent-Length: ${bytes}\r\n\r\n`;
}

export const chunkedHead = "POST / HTTP/1.1\r\nHost: device\r\nTransfer-Encoding: chunked\r\n\r\n";

export function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}
