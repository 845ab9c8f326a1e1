// One request and its answer. The only place that calls fetch.
import { Problem, pathOf, routes } from "@host-service/protocol";
import type { RouteName } from "@host-service/protocol";
import { connectionError, urlBase } from "./connection.ts";
import { ClientError } from "./error.ts";
import type { Line } from "./line.ts";
import { limits, readLimited } from "./limited.ts";
import { validate } from "./validate.ts";

export interface Connection {
  socketPath: string;
  /** Is told each exchange: what was asked, and the status of the answer with the time it took. */
  trace?: (line: string) => void;
  /** Where the socket leads to another machine. */
  line?: Line;
}

export interface Call {
  route: RouteName;
  parameters?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string>>;
  body?: Blob | ReadableStream<Uint8Array> | string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The successful answer; its body is not yet read. Everything else is thrown as a ClientError. */
export async function exchange(connection: Connection, call: Call): Promise<Response> {
  const { method } = routes[call.route];
  const query = call.query === undefined ? "" : `?${new URLSearchParams(call.query).toString()}`;
  const path = pathOf(call.route, call.parameters) + query;
  const startedAt = performance.now();
  const response = await send(connection, { ...call, method, path });
  const tookMs = Math.round(performance.now() - startedAt);
  connection.trace?.(`${method} ${path} ${response.status} in ${tookMs} ms`);
  if (response.ok) return response;
  throw await errorOf(response, `${method} ${path}`);
}

async function send(connection: Connection, call: Call & { method: string; path: string }): Promise<Response> {
  try {
    return await fetch(urlBase + call.path, {
      unix: connection.socketPath,
      method: call.method,
      // An answer may take as long as the work takes, which is longer than the five minutes that fetch waits by itself.
      timeout: false,
      redirect: "manual",
      decompress: false,
      ...(call.headers === undefined ? {} : { headers: call.headers }),
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  } catch (error) {
    if (call.signal?.aborted === true) throw error;
    throw await lost(connection, error);
  }
}

async function lost(connection: Connection, error: unknown): Promise<ClientError> {
  if (connection.line === undefined) return await connectionError(connection.socketPath, error);
  const what = `Cannot reach host-service on "${connection.line.name}"`;
  return new ClientError("no-connection", `${what}: the connection was lost; ask again what the state is now`, {
    cause: error,
  });
}

/** The JSON document of an answer; `what` is the request, for the message. */
export async function readDocument(connection: Connection, response: Response, what: string): Promise<unknown> {
  const text = await readText(connection, response, what);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ClientError("protocol", `Cannot read the answer to ${what}: it is not JSON; ${notOurs}`, {
      cause: error,
    });
  }
}

const notOurs = "is this the socket of host-service?";

async function readText(connection: Connection, response: Response, what: string): Promise<string> {
  const text = await readLimited(response, limits.answerBytesMax).catch(async (error: unknown) => {
    throw await lost(connection, error);
  });
  if (text !== undefined) return text;
  throw new ClientError(
    "protocol",
    `Cannot read the answer to ${what}: it is longer than ${limits.answerBytesMax} bytes`,
  );
}

async function errorOf(response: Response, what: string): Promise<ClientError> {
  const text = await readLimited(response, limits.eventBytesMax).catch(() => undefined);
  const found = await validate<Problem>(Problem, parseJson(text ?? ""));
  if (found.value !== undefined) return new ClientError("problem", found.value.detail, { problem: found.value });
  const message = `Cannot read the answer to ${what}: status ${response.status} without a problem document; ${notOurs}`;
  return new ClientError("protocol", message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is not a problem document; the caller says so.
    return undefined;
  }
}
