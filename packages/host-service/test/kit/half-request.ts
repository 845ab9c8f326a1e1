// A client that sends what it likes, byte by byte, and goes away when it is told to.
import { connect } from "node:net";
import { until } from "./until.ts";

export interface HalfRequest {
  send(bytes: string | Uint8Array): void;
  /** All that was answered so far. */
  answer(): string;
  isClosed(): boolean;
  leave(): void;
  /** Stops reading: the kernel's buffer fills up. */
  pause(): void;
}

export async function beginRequest(
  socketPath: string,
  target: string,
  headers: Readonly<Record<string, string | number>> = {},
): Promise<HalfRequest> {
  const socket = connect({ path: socketPath });
  let answer = "";
  let closed = false;
  let connected = false;
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  socket.on("close", () => (closed = true));
  socket.on("connect", () => (connected = true));
  // What the server does to the connection is looked at by isClosed().
  socket.on("error", () => undefined);
  await until("the client is connected", () => connected);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${target} HTTP/1.1\r\nHost: device\r\n${lines.join("")}\r\n`);
  return {
    send: (bytes) => void socket.write(bytes),
    answer: () => answer,
    isClosed: () => closed,
    leave: () => void socket.destroy(),
    pause: () => void socket.pause(),
  };
}
