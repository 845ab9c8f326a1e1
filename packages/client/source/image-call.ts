// The order of a call that brings an image, of a container or of the host: ask, follow the events, end with the daemon's answer.
// Cancelling is asking the daemon to cancel and then waiting for what it says, because a finished install stays finished.
import { headers, problem, routes } from "@host-service/protocol";
import type { OperationEvent } from "@host-service/protocol";
import { ClientError } from "./error.ts";
import { exchange, readDocument } from "./exchange.ts";
import type { Connection } from "./exchange.ts";
import { readEvents } from "./events.ts";
import { askOperation, followOperation } from "./follow.ts";
import { again } from "./line.ts";
import { findLostAnswer } from "./lost-answer.ts";
import { validate } from "./validate.ts";
import type { Validator } from "./validate.ts";

/** Which call it is, and what it answers. */
export interface ImageCall<Answer> {
  route: "installContainer" | "upgradeSystem" | "inspectPortable" | "attachPortable";
  /** For messages. */
  deed: "install" | "upgrade" | "inspection" | "attach";
  parameters?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string>>;
  answer: Validator<Answer>;
}

export interface ImageBody {
  /** A Bun.file goes by sendfile. */
  body: Blob | ReadableStream<Uint8Array>;
  /** How long it is, where that is known beforehand: the daemon can then refuse before it reads. */
  bytes?: number;
  headers?: Readonly<Record<string, string>>;
}

export interface InstallOptions {
  /** Aborting it cancels the operation; the install then ends with what the daemon answers. */
  signal?: AbortSignal;
  onEvent?: (event: OperationEvent) => void;
}

/** The daemon reads what `request` names. */
export async function callWithSources<Answer>(
  connection: Connection,
  call: ImageCall<Answer> & { request: object },
  options: InstallOptions = {},
): Promise<Answer> {
  const operation = crypto.randomUUID();
  using cancelling = cancelOnAbort(connection, operation, options.signal);
  const ask = () =>
    cancelling.run((signal) =>
      exchange(connection, {
        ...asked(call),
        signal,
        body: JSON.stringify(call.request),
        headers: {
          "content-type": "application/json",
          [headers.operationId]: operation,
          [headers.prefer]: "respond-async",
        },
      }),
    );
  const document = await again(connection, async (attempt) => {
    // After the line was lost: the request may have arrived, and must not be made twice.
    if (attempt === 0 || !(await isKnown(connection, operation))) {
      const response = await ask();
      const answer = await readDocument(connection, response, `the ${call.deed}`);
      if (response.status !== 202) return answer;
    }
    return await followOperation(connection, operation, options.onEvent);
  });
  return toAnswer(document, call);
}

function asked({ route, parameters, query }: ImageCall<unknown>) {
  return { route, ...(parameters === undefined ? {} : { parameters }), ...(query === undefined ? {} : { query }) };
}

async function isKnown(connection: Connection, operation: string): Promise<boolean> {
  try {
    await askOperation(connection, operation);
    return true;
  } catch (error) {
    if (error instanceof ClientError && error.problem?.code === "not-found") return false;
    throw error;
  }
}

/** The image is the body of the request. */
export async function callWithBody<Answer>(
  connection: Connection,
  call: ImageCall<Answer> & ImageBody,
  options: InstallOptions = {},
): Promise<Answer> {
  const operation = crypto.randomUUID();
  using cancelling = cancelOnAbort(connection, operation, options.signal);
  const watching = new AbortController();
  const watched = watch(connection, operation, { signal: watching.signal, onEvent: options.onEvent });
  try {
    const response = await cancelling.run((signal) =>
      exchange(connection, {
        ...asked(call),
        signal,
        body: call.body,
        headers: {
          "content-type": routes[call.route].body,
          [headers.operationId]: operation,
          ...(call.bytes === undefined ? {} : { "content-length": String(call.bytes) }),
          ...call.headers,
        },
      }),
    );
    return await toAnswer(await readDocument(connection, response, `the ${call.deed}`), call);
  } catch (error) {
    if (!(error instanceof ClientError) || error.kind !== "no-connection") throw error;
    return await toAnswer(
      await findLostAnswer(connection, { call: asked(call), contentType: routes[call.route].body, operation }, error),
      call,
    );
  } finally {
    watching.abort();
    await watched;
  }
}

/** Progress on a second connection. It is for the eye only: the answer of the request itself says how it went. */
async function watch(
  connection: Connection,
  operation: string,
  options: { signal: AbortSignal; onEvent: ((event: OperationEvent) => void) | undefined },
): Promise<void> {
  const { onEvent, signal } = options;
  if (onEvent === undefined) return;
  try {
    const response = await exchange(connection, { route: "operationEvents", parameters: { id: operation }, signal });
    for await (const event of readEvents(response.body ?? new ReadableStream<Uint8Array>())) onEvent(event);
  } catch (error) {
    if (!signal.aborted) connection.trace?.(`no progress: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Cancelling extends Disposable {
  /** Runs the request with a signal that is aborted when the daemon does not know the operation yet. */
  run<Value>(request: (signal: AbortSignal) => Promise<Value>): Promise<Value>;
}

function cancelOnAbort(connection: Connection, operation: string, signal: AbortSignal | undefined): Cancelling {
  const leaving = new AbortController();
  const cancel = (): void => {
    exchange(connection, { route: "cancelOperation", parameters: { id: operation } }).catch((error: unknown) => {
      connection.trace?.(`cancel: ${error instanceof Error ? error.message : String(error)}`);
      if (error instanceof ClientError && error.problem?.code === "not-found") leaving.abort();
    });
  };
  signal?.addEventListener("abort", cancel, { once: true });
  return {
    async run(request) {
      try {
        return await request(leaving.signal);
      } catch (error) {
        if (!leaving.signal.aborted || error instanceof ClientError) throw error;
        const cancelled = problem("cancelled", "Cannot install the image: it was cancelled before it began");
        throw new ClientError("problem", cancelled.detail, { problem: cancelled, cause: error });
      }
    },
    [Symbol.dispose]: () => signal?.removeEventListener("abort", cancel),
  };
}

async function toAnswer<Answer>(document: unknown, { answer, deed }: ImageCall<Answer>): Promise<Answer> {
  const found = await validate<Answer>(answer, document);
  if (found.value !== undefined) return found.value;
  throw new ClientError("protocol", `Cannot read the answer to the ${deed}: ${found.issue}`);
}
