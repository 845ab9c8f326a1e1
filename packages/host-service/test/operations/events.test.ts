import { expect, test } from "bun:test";
import { problem } from "@host-service/protocol";
import { eventStream } from "../../source/operations/events.ts";
import { Operation } from "../../source/operations/operation.ts";

const id = "11111111-1111-4111-8111-111111111111";

function newOperation(): Operation {
  return new Operation({ id, action: "install", caller: "host", container: "edge" });
}

async function linesOf(stream: ReadableStream<Uint8Array>): Promise<unknown[]> {
  const text = await new Response(stream).text();
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
}

test("eventStream of an ended operation is its result alone", async () => {
  const operation = newOperation();
  operation.report({ phase: "unpack", entries: 3 });
  operation.finish({ done: true });
  expect(await linesOf(eventStream(operation))).toEqual([{ type: "result", operation: id, result: { done: true } }]);
});

test("eventStream begins with the latest progress, follows, and ends with the error", async () => {
  const operation = newOperation();
  operation.report({ phase: "receive", bytes: 1 });
  operation.report({ phase: "receive", bytes: 2 });
  const reader = eventStream(operation).getReader();
  const decoder = new TextDecoder();
  const next = async () => JSON.parse(decoder.decode((await reader.read()).value));
  expect(await next()).toEqual({ type: "progress", operation: id, phase: "receive", bytes: 2 });
  operation.report({ phase: "verify", bytes: 1, bytesTotal: 2 });
  expect(await next()).toEqual({
    type: "progress",
    operation: id,
    phase: "verify",
    bytes: 1,
    bytesTotal: 2,
    percent: 50,
  });
  operation.fail(problem("stalled", "Cannot x: y"));
  expect(await next()).toEqual({ type: "error", operation: id, problem: problem("stalled", "Cannot x: y") });
  expect((await reader.read()).done).toBe(true);
});

test("eventStream gives up nothing when its reader leaves", async () => {
  const operation = newOperation();
  const reader = eventStream(operation).getReader();
  operation.report({ phase: "receive", bytes: 1 });
  await reader.read();
  await reader.cancel();
  operation.finish({});
  expect(operation.view().state).toBe("done");
});
