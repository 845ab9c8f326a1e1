// The events of one operation as NDJSON: the latest progress to begin with, every change that the reader keeps up with, and
// the result or the error as the last line.
import type { OperationEvent } from "@host-service/protocol";
import type { Operation } from "./operation.ts";

/** A blank line keeps proxies, ssh and our own client's stall timer content. */
const heartbeatMs = 5000;

export function eventStream(operation: Operation): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const lines = eventLines(operation);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await lines.next();
      if (next.done === true) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    async cancel() {
      await lines.return();
    },
  });
}

async function* eventLines(operation: Operation): AsyncGenerator<string, void, void> {
  let last: OperationEvent | undefined;
  for (;;) {
    const changed = operation.changed;
    const event = latest(operation);
    if (event !== undefined && event !== last) {
      yield `${JSON.stringify(event)}\n`;
      last = event;
      if (event.type !== "progress") return;
    } else if (!(await happensWithin(changed, heartbeatMs))) {
      yield "\n";
    }
  }
}

function latest(operation: Operation): OperationEvent | undefined {
  const state = operation.state;
  switch (state.name) {
    case "running":
    case "recording":
      return operation.progress;
    case "done":
      return { type: "result", operation: operation.id, result: state.result };
    case "failed":
    case "cancelled":
      return { type: "error", operation: operation.id, problem: state.problem };
  }
}

async function happensWithin(event: Promise<void>, timeMs: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), timeMs);
  try {
    return await Promise.race([event.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
