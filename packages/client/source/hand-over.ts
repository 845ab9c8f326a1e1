// An open file goes to the daemon on the socket beside its own: connect, send the descriptor with one byte, read a line with a token. The
// token is good for one request while this connection lasts.
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { sendDescriptors } from "@host-service/disk";
import { Problem } from "@host-service/protocol";
import { connectionError } from "./connection.ts";
import { ClientError } from "./error.ts";
import { validate } from "./validate.ts";

export interface HandedOver extends Disposable {
  token: string;
}

const answerTimeMaxMs = 10_000;
const answerBytesMax = 64 * 1024;

/** Beside the socket that the path leads to: users link `/run/host-service` to the one of their container. */
export async function peerPathOf(socketPath: string): Promise<string> {
  try {
    return `${await realpath(socketPath)}.peer`;
  } catch (error) {
    throw await connectionError(socketPath, error);
  }
}

/** Opens the file with the rights of whoever calls, and closes it once it is sent: it stays open on the way. */
export async function handOver(peerPath: string, filePath: string): Promise<HandedOver> {
  const fd = openFile(filePath);
  try {
    return await send(peerPath, fd);
  } finally {
    closeSync(fd);
  }
}

function openFile(path: string): number {
  let fd: number;
  try {
    // A FIFO that took the file's place since it was looked at must not hold us.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    throw new ClientError("local-file", `Cannot send "${path}": ${messageOf(error)}`, { cause: error });
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new ClientError("local-file", `Cannot send "${path}": it is not a regular file; give an image`);
}

async function send(peerPath: string, fd: number): Promise<HandedOver> {
  const answer = Promise.withResolvers<string>();
  const ended = () => answer.reject(new Error("the connection was closed without an answer"));
  const timer = setTimeout(() => answer.reject(new Error("no answer came in time")), answerTimeMaxMs);
  let said = "";
  try {
    const socket = await Bun.connect({
      unix: peerPath,
      socket: {
        open(opened) {
          sendDescriptors(descriptorOf(opened), [fd]);
        },
        data(_socket, chunk) {
          said += chunk.toString();
          if (said.length > answerBytesMax) answer.reject(new Error("the answer is too long"));
          else if (said.includes("\n")) answer.resolve(said);
        },
        end: ended,
        close: ended,
        error: (_socket, error) => answer.reject(error),
      },
    });
    try {
      return { token: await tokenIn(await answer.promise), [Symbol.dispose]: () => socket.terminate() };
    } catch (error) {
      socket.terminate();
      throw error;
    }
  } catch (error) {
    if (error instanceof ClientError) throw error;
    throw await connectionError(peerPath, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The types do not know it. */
function descriptorOf(socket: object): number {
  if ("fd" in socket && typeof socket.fd === "number") return socket.fd;
  throw new Error("the runtime does not tell the descriptor of its socket");
}

async function tokenIn(line: string): Promise<string> {
  const answer: unknown = JSON.parse(line);
  if (typeof answer === "object" && answer !== null) {
    if ("token" in answer && typeof answer.token === "string") return answer.token;
    const { value: problem } = await validate<Problem>(Problem, "problem" in answer ? answer.problem : undefined);
    if (problem !== undefined) throw new ClientError("problem", problem.detail, { problem });
  }
  throw new ClientError("protocol", "Cannot hand over a file: the answer is neither a token nor a problem");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
