import { afterEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { problem } from "@host-service/protocol";
import { createClient } from "../source/client.ts";
import type { Client } from "../source/client.ts";
import { ClientError } from "../source/error.ts";
import { limits } from "../source/limited.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function serve(answer: (request: Request) => Response | Promise<Response>): Promise<Client> {
  const directory = await mkdtemp(join(tmpdir(), "client-"));
  const socketPath = join(directory, "socket");
  const server = Bun.serve({ unix: socketPath, maxRequestBodySize: Number.MAX_SAFE_INTEGER, fetch: answer });
  closing.push(
    () => rm(directory, { recursive: true }),
    () => server.stop(true),
  );
  return createClient({ socketPath });
}

async function failureOf(work: Promise<unknown>): Promise<ClientError> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof ClientError) return failure;
  throw new Error(`expected a ClientError, got ${String(failure)}`);
}

test("call sends the request as JSON to the route's path and gives back its answer", async () => {
  let seen: unknown;
  const client = await serve(async (request) => {
    seen = [request.method, new URL(request.url).pathname, request.headers.get("content-type"), await request.json()];
    return Response.json({ removed: "edge", operation: "x" });
  });
  const parameters = { name: "edge" };
  expect(await client.call("removeContainer", { parameters, request: {} })).toEqual({
    removed: "edge",
    operation: "x",
  });
  expect(seen).toEqual(["DELETE", "/v1/containers/edge", "application/json", {}]);
});

test("call throws the problem document that was answered", async () => {
  const found = problem("busy", "Cannot start: busy", { operation: "y" });
  const client = await serve(() => Response.json(found, { status: found.status }));
  const failure = await failureOf(client.call("startContainer", { parameters: { name: "~" }, request: {} }));
  expect({ kind: failure.kind, message: failure.message, problem: failure.problem }).toEqual({
    kind: "problem",
    message: "Cannot start: busy",
    problem: found,
  });
});

test("call does not follow redirects and reads no compressed answers", async () => {
  const redirecting = await serve(() => Response.redirect("http://elsewhere/", 302));
  expect((await failureOf(redirecting.call("ping"))).kind).toBe("protocol");
  const bomb = Bun.gzipSync(new Uint8Array(1024 * 1024));
  const packed = await serve(() => new Response(bomb, { headers: { "content-encoding": "gzip" } }));
  expect((await failureOf(packed.call("ping"))).message).toContain("it is not JSON");
});

test("call stops reading an answer, or a problem, that is longer than the limit", async () => {
  for (const status of [200, 500]) {
    let given = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += 65536;
        controller.enqueue(new Uint8Array(65536).fill(0x20));
      },
    });
    const client = await serve(() => new Response(endless, { status }));
    expect((await failureOf(client.call("ping"))).kind).toBe("protocol");
    expect(given).toBeLessThan(limits.answerBytesMax * 3);
  }
});

test("installFromBody ends with the answer of the request, whatever becomes of the events", async () => {
  const answer = {
    container: { name: "edge", state: "normal" as const, empty: true, why: "", resolved: true },
    warnings: [],
    operation: "x",
  };
  for (const events of [
    () => new Response("no", { status: 404 }),
    () => new Response("garbage\n"),
    () => new Response("\n"),
  ]) {
    const client = await serve(async (request) => {
      if (request.method === "GET") return events();
      await request.arrayBuffer();
      return Response.json(answer);
    });
    const installing = client.installFromBody({ container: "~", body: new Blob(["x"]) }, { onEvent: () => undefined });
    expect(await installing).toEqual(answer);
  }
});

test("installFromBody leaves when it is cancelled before the daemon knows of it", async () => {
  const reached = Promise.withResolvers<void>();
  const client = await serve(async (request) => {
    if (request.method === "DELETE") {
      return Response.json(problem("not-found", "Cannot cancel: there is no such operation"), { status: 404 });
    }
    reached.resolve();
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    return new Response("too late");
  });
  const cancelling = new AbortController();
  const installing = failureOf(
    client.installFromBody({ container: "~", body: new Blob(["x"]) }, { signal: cancelling.signal }),
  );
  await reached.promise;
  cancelling.abort();
  expect((await installing).problem?.code).toBe("cancelled");
});

test("a body that is streamed takes no memory of its size", async () => {
  const bytes = 256 * 1024 * 1024;
  const chunk = new Uint8Array(1024 * 1024);
  let sent = 0;
  let aheadMax = 0;
  let received = 0;
  const client = await serve(async (request) => {
    for await (const part of request.body ?? []) {
      received += part.byteLength;
      aheadMax = Math.max(aheadMax, sent - received);
    }
    return Response.json(problem("failed", "counted"), { status: 500 });
  });
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (sent >= bytes) return controller.close();
        sent += chunk.byteLength;
        controller.enqueue(chunk);
      },
    },
    { highWaterMark: 0 },
  );
  await failureOf(client.installFromBody({ container: "~", body, bytes }));
  expect(received).toBe(bytes);
  expect(aheadMax).toBeLessThan(32 * 1024 * 1024);
});
