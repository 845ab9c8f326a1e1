import { describe, expect, test } from "bun:test";
import { problem } from "@host-service/protocol";
import { OperationError } from "../../source/operations/error.ts";
import { Operations } from "../../source/operations/registry.ts";

const first = "11111111-1111-4111-8111-111111111111";
const second = "22222222-2222-4222-8222-222222222222";

function begin(operations: Operations, id: string, container: string | undefined = "edge", caller = "host") {
  return operations.begin({ id, action: "install", caller, container });
}

function kindOf(act: () => unknown): string {
  try {
    act();
    return "done";
  } catch (error) {
    if (error instanceof OperationError) return error.kind;
    throw error;
  }
}

describe("Operations", () => {
  test("a second operation for the same container is busy and names the first", () => {
    const operations = new Operations();
    begin(operations, first);
    try {
      begin(operations, second);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ kind: "busy", operation: first });
    }
  });

  test("another container, or the same one after the end, is free", () => {
    const operations = new Operations();
    const one = begin(operations, first);
    expect(kindOf(() => begin(operations, second, "other"))).toBe("done");
    one.finish({});
    expect(kindOf(() => begin(operations, "33333333-3333-4333-8333-333333333333"))).toBe("done");
  });

  test("claim is busy where the image turns out to be for a container that is being changed", () => {
    const operations = new Operations();
    begin(operations, first);
    const unnamed = operations.begin({ id: second, action: "install", caller: "host", container: undefined });
    expect(kindOf(() => operations.claim(unnamed, "edge"))).toBe("busy");
    operations.claim(unnamed, "other");
    expect(operations.runningFor("other")).toBe(unnamed);
  });

  test("of two installs whose image has not said its container yet the second is busy", () => {
    const operations = new Operations();
    const unnamed = (id: string) => operations.begin({ id, action: "install", caller: "host", container: undefined });
    const one = unnamed(first);
    expect(kindOf(() => unnamed(second))).toBe("busy");
    operations.claim(one, "edge");
    expect(kindOf(() => unnamed(second))).toBe("done");
  });

  test("an id is taken once", () => {
    const operations = new Operations();
    begin(operations, first);
    expect(kindOf(() => begin(operations, first, "other"))).toBe("id-taken");
  });

  test("a caller sees its own operations, the host sees all", () => {
    const operations = new Operations();
    const one = begin(operations, first, "edge", "edge");
    expect(operations.get(first, "edge")).toBe(one);
    expect(operations.get(first, "host")).toBe(one);
    expect(kindOf(() => operations.get(first, "other"))).toBe("not-found");
  });

  test("arrival waits for an operation that does not exist yet, and no longer than told", async () => {
    const operations = new Operations();
    const arrival = operations.arrival(first, { caller: "host", waitMs: 10_000 });
    const one = begin(operations, first);
    expect(await arrival).toBe(one);
    expect(operations.arrival(second, { caller: "host", waitMs: 1 })).rejects.toMatchObject({ kind: "not-found" });
  });

  test("of those that ended only the last are remembered", () => {
    const operations = new Operations();
    const ids = Array.from({ length: 70 }, (_, index) => `11111111-1111-4111-8111-${String(index).padStart(12, "0")}`);
    for (const id of ids) begin(operations, id).finish({});
    expect(kindOf(() => operations.get(ids[0] ?? "", "host"))).toBe("not-found");
    expect(kindOf(() => operations.get(ids.at(-1) ?? "", "host"))).toBe("done");
  });
});

describe("Operation", () => {
  test("percent is of the phase and never 100 before the end", () => {
    const operation = begin(new Operations(), first);
    operation.report({ phase: "receive", bytes: 10, bytesTotal: 40 });
    expect(operation.progress?.percent).toBe(25);
    operation.report({ phase: "receive", bytes: 40, bytesTotal: 40 });
    expect(operation.progress?.percent).toBe(99);
    operation.report({ phase: "unpack", entries: 5 });
    expect(operation.progress?.percent).toBeUndefined();
  });

  test("cancel aborts while it runs, and is too late when it is being recorded", () => {
    const running = begin(new Operations(), first);
    running.cancel();
    expect(running.signal.aborted).toBe(true);
    expect(kindOf(() => running.beginRecording())).toBe("cancelled");
    const recording = begin(new Operations(), first);
    recording.beginRecording();
    expect(kindOf(() => recording.cancel())).toBe("too-late");
    expect(recording.signal.aborted).toBe(false);
  });

  test("a problem of code cancelled ends it as cancelled", async () => {
    const operation = begin(new Operations(), first);
    operation.fail(problem("cancelled", "Cannot x: y"));
    await operation.ended;
    expect(operation.view()).toMatchObject({ state: "cancelled", problem: { code: "cancelled" } });
  });
});
