// The order of an install: ask, follow the events, end with the daemon's answer. Cancelling is asking the daemon to cancel and then
// waiting for what it says, because a finished install stays finished.
import { ContainerAnswer, headers, problem } from "@host-service/protocol";
import type { InstallRequest, OperationEvent } from "@host-service/protocol";
import { ClientError } from "./error.ts";
import { exchange, readDocument } from "./exchange.ts";
import type { Connection } from "./exchange.ts";
import { readEvents } from "./events.ts";
import { askOperation, followOperation } from "./follow.ts";
import { again } from "./line.ts";
import { findLostAnswer } from "./lost-answer.ts";
import { validate } from "./validate.ts";

export interface SourcesInstall {
  container: string;
  sources: InstallRequest;
}

export interface BodyInstall {
  container: string;
  /** The bundle. A Bun.file goes by sendfile. */
  body: Blob | ReadableStream<Uint8Array>;
  /** How long it is, where that is known beforehand: the daemon can then refuse before it reads. */
  bytes?: number;
}

export interface InstallOptions {
  /** Aborting it cancels the operation; the install then ends with what the daemon answers. */
  signal?: AbortSignal;
  onEvent?: (event: OperationEvent) => void;
}

const route = "installContainer";

export async function installFromSources(
  connection: Connection,
  install: SourcesInstall,
  options: InstallOptions = {},
): Promise<ContainerAnswer> {
  const operation = crypto.randomUUID();
  using cancelling = cancelOnAbort(connection, operation, options.signal);
  const ask = () =>
    cancelling.run((signal) =>
      exchange(connection, {
        route,
        signal,
        parameters: { name: install.container },
        body: JSON.stringify(install.sources),
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
      const answer = await readDocument(connection, response, "the install");
      if (response.status !== 202) return answer;
    }
    return await followOperation(connection, operation, options.onEvent);
  });
  return toAnswer(document);
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

export async function installFromBody(
  connection: Connection,
  install: BodyInstall,
  options: InstallOptions = {},
): Promise<ContainerAnswer> {
  const operation = crypto.randomUUID();
  using cancelling = cancelOnAbort(connection, operation, options.signal);
  const watching = new AbortController();
  const watched = watch(connection, operation, { signal: watching.signal, onEvent: options.onEvent });
  try {
    const response = await cancelling.run((signal) =>
      exchange(connection, {
        route,
        signal,
        parameters: { name: install.container },
        body: install.body,
        headers: {
          "content-type": "application/x-tar",
          [headers.operationId]: operation,
          ...(install.bytes === undefined ? {} : { "content-length": String(install.bytes) }),
        },
      }),
    );
    return toAnswer(await readDocument(connection, response, "the install"));
  } catch (error) {
    if (!(error instanceof ClientError) || error.kind !== "no-connection") throw error;
    return toAnswer(await findLostAnswer(connection, { container: install.container, operation }, error));
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

async function toAnswer(document: unknown): Promise<ContainerAnswer> {
  const found = await validate<ContainerAnswer>(ContainerAnswer, document);
  if (found.value !== undefined) return found.value;
  throw new ClientError("protocol", `Cannot read the answer to the install: ${found.issue}`);
}
