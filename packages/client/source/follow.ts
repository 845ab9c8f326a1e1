import { Operation } from "@host-service/protocol";
import type { OperationEvent, Problem } from "@host-service/protocol";
import { ClientError } from "./error.ts";
import { exchange, readDocument } from "./exchange.ts";
import type { Connection } from "./exchange.ts";
import { readEvents } from "./events.ts";
import { validate } from "./validate.ts";

/** How often an event stream that ends early is opened again. */
const reopeningsMax = 5;

/**
 * Follows an operation that the daemon has accepted to its end and gives back its result. Where the stream ends before the last
 * event, the operation itself is asked: it may have ended meanwhile.
 */
export async function followOperation(
  connection: Connection,
  id: string,
  onEvent: ((event: OperationEvent) => void) | undefined,
): Promise<unknown> {
  for (let opening = 0; opening <= reopeningsMax; opening++) {
    const last = await readToEnd(connection, id, onEvent);
    if (last?.type === "result") return last.result;
    if (last?.type === "error") throw failure(last.problem);
    const operation = await askOperation(connection, id);
    if (operation.state === "done") return operation.result;
    if (operation.problem !== undefined) throw failure(operation.problem);
  }
  throw new ClientError(
    "protocol",
    `Cannot follow the operation "${id}": its events end before it does; look with "hostctl container status"`,
  );
}

async function readToEnd(
  connection: Connection,
  id: string,
  onEvent: ((event: OperationEvent) => void) | undefined,
): Promise<OperationEvent | undefined> {
  const response = await exchange(connection, { route: "operationEvents", parameters: { id } });
  let last: OperationEvent | undefined;
  try {
    for await (const event of readEvents(response.body ?? new ReadableStream<Uint8Array>())) {
      onEvent?.(event);
      last = event;
      if (event.type !== "progress") break;
    }
  } catch (error) {
    if (error instanceof ClientError) throw error;
    connection.trace?.(`the events were cut: ${error instanceof Error ? error.message : String(error)}`);
  }
  return last;
}

export async function askOperation(connection: Connection, id: string): Promise<Operation> {
  const response = await exchange(connection, { route: "operation", parameters: { id } });
  const found = await validate<Operation>(Operation, await readDocument(connection, response, "the operation"));
  if (found.value !== undefined) return found.value;
  throw new ClientError("protocol", `Cannot read the answer to the operation: ${found.issue}`);
}

function failure(problem: Problem): ClientError {
  return new ClientError("problem", problem.detail, { problem });
}
