// A client that announces a body, sends a part of it, and goes on or away when it is told to.
import { connect } from "node:net";
import type { Socket } from "node:net";

export interface HalfUpload {
  socket: Socket;
  /** All that was answered so far. */
  answer(): string;
  isClosed(): boolean;
  leave(): void;
}

export async function beginUpload(
  path: string,
  options: { method?: string; to: string; bytes: number; first: Uint8Array; headers?: Record<string, string> },
): Promise<HalfUpload> {
  const socket = connect({ path });
  let answer = "";
  let closed = false;
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  socket.on("close", () => (closed = true));
  // What the server does to it is looked at by isClosed().
  socket.on("error", () => undefined);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("connect", resolve);
  socket.once("error", reject);
  await promise;
  const extra = Object.entries(options.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
  const type = options.headers?.["Content-Type"] === undefined ? "Content-Type: application/x-tar\r\n" : "";
  const head = `${options.method ?? "POST"} ${options.to} HTTP/1.1\r\nHost: device\r\n${type}Content-Length: ${options.bytes}\r\n`;
  socket.write(`${head}${extra.join("")}\r\n`);
  socket.write(options.first);
  return { socket, answer: () => answer, isClosed: () => closed, leave: () => socket.destroy() };
}
