// A client that sends bytes and keeps every byte that comes back, with a reader of HTTP that is not the runtime's.
import { connect } from "node:net";
import type { Socket } from "node:net";

const patienceMs = 5000;

export interface HttpAnswer {
  status: number;
  headers: [string, string][];
  body: Buffer;
  /** As it was sent, without its end. */
  header: string;
}

export class Wire {
  readonly socket: Socket;
  received: Buffer = Buffer.alloc(0);
  isClosed = false;
  #changed = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#tell();
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.#tell();
    });
    socket.on("error", () => undefined);
  }

  static async open(path: string): Promise<Wire> {
    const socket = connect({ path });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new Wire(socket);
  }

  /** Each character is one byte. */
  send(text: string): void {
    this.socket.write(Buffer.from(text, "latin1"));
  }

  /** Waits until `read` finds something in what came so far. */
  async until<Found>(read: () => Found | undefined, timeMs: number = patienceMs): Promise<Found> {
    const end = performance.now() + timeMs;
    for (;;) {
      const found = read();
      if (found !== undefined) return found;
      const left = end - performance.now();
      if (left <= 0)
        throw new Error(`Nothing of the kind came; there is ${JSON.stringify(this.received.toString("latin1"))}`);
      const timer = Promise.withResolvers<void>();
      const handle = setTimeout(() => timer.resolve(), left);
      await Promise.race([this.#changed.promise, timer.promise]);
      clearTimeout(handle);
    }
  }

  async ended(timeMs?: number): Promise<void> {
    await this.until(() => (this.isClosed ? true : undefined), timeMs);
  }

  /** The next answer, taken off what has come. */
  async answer(options: { method?: string; timeMs?: number } = {}): Promise<HttpAnswer> {
    return await this.until(() => this.#take(options.method ?? "GET"), options.timeMs);
  }

  async header(): Promise<string> {
    return await this.until(() => {
      const end = endOfHeader(this.received);
      if (end === undefined) return undefined;
      const header = this.received.subarray(0, end).toString("latin1");
      this.received = this.received.subarray(end);
      return header;
    });
  }

  async lines(count: number): Promise<string[]> {
    return await this.until(() => {
      const lines = this.received.toString("utf8").split("\n");
      return lines.length > count ? lines.slice(0, count) : undefined;
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #take(method: string): HttpAnswer | undefined {
    const found = answerIn(this.received, method, this.isClosed);
    if (found !== undefined) this.received = this.received.subarray(found.bytes);
    return found?.answer;
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

/** Of one request on a connection of its own. */
export async function ask(path: string, request: string, options: { method?: string } = {}): Promise<HttpAnswer> {
  const wire = await Wire.open(path);
  try {
    wire.send(request);
    return await wire.answer(options);
  } finally {
    wire.close();
  }
}

export function get(path: string, target: string, method = "GET"): Promise<HttpAnswer> {
  return ask(path, `${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, { method });
}

export function valueOf(answer: Pick<HttpAnswer, "headers">, name: string): string | undefined {
  return answer.headers.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1];
}

/** All answers in what came on a connection; that of a stream has everything after its header as its body. */
export function answersIn(bytes: Buffer, methods: readonly string[], isStream: boolean): HttpAnswer[] {
  const answers: HttpAnswer[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const found = answerIn(rest, methods[answers.length] ?? "GET", true);
    if (found === undefined)
      throw new Error(`This is no answer: ${JSON.stringify(rest.toString("latin1").slice(0, 200))}`);
    if (isStream) return [{ ...found.answer, body: rest.subarray(Buffer.byteLength(found.answer.header, "latin1")) }];
    answers.push(found.answer);
    rest = rest.subarray(found.bytes);
  }
  return answers;
}

function answerIn(bytes: Buffer, method: string, isClosed: boolean): { answer: HttpAnswer; bytes: number } | undefined {
  const end = endOfHeader(bytes);
  if (end === undefined) return undefined;
  const header = bytes.subarray(0, end).toString("latin1");
  const [first = "", ...lines] = header.split(/\r?\n/u).filter((line) => line !== "");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const status = Number(first.split(" ")[1]);
  const hasNone = method === "HEAD" || status === 101;
  const taken = hasNone ? { body: Buffer.alloc(0), bytes: 0 } : bodyIn(bytes.subarray(end), headers, isClosed);
  return taken === undefined
    ? undefined
    : { answer: { status, headers, body: taken.body, header }, bytes: end + taken.bytes };
}

function endOfHeader(bytes: Buffer): number | undefined {
  const [crlf, lf] = [bytes.indexOf("\r\n\r\n"), bytes.indexOf("\n\n")];
  if (crlf >= 0) return crlf + 4;
  return lf >= 0 ? lf + 2 : undefined;
}

function bodyIn(
  bytes: Buffer,
  headers: [string, string][],
  isClosed: boolean,
): { body: Buffer; bytes: number } | undefined {
  const length = valueOf({ headers }, "content-length");
  if (length !== undefined) {
    const count = Number(length);
    return bytes.length < count ? undefined : { body: bytes.subarray(0, count), bytes: count };
  }
  if (valueOf({ headers }, "transfer-encoding") === "chunked") return chunksIn(bytes);
  return isClosed || bytes.length === 0 ? { body: bytes, bytes: bytes.length } : undefined;
}

function chunksIn(bytes: Buffer): { body: Buffer; bytes: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const line = bytes.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const count = Number.parseInt(bytes.subarray(at, line).toString("latin1"), 16);
    if (bytes.length < line + 2 + count + 2) return undefined;
    chunks.push(bytes.subarray(line + 2, line + 2 + count));
    at = line + 2 + count + 2;
    if (count === 0) return { body: Buffer.concat(chunks), bytes: at };
  }
}
