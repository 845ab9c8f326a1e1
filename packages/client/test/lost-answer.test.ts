import { afterEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { problem } from "@host-service/protocol";
import type { Problem } from "@host-service/protocol";
import { ClientError } from "../source/error.ts";
import { findLostAnswer } from "../source/lost-answer.ts";

const call = { route: "installContainer", parameters: { name: "edge" } } as const;
const contentType = "multipart/form-data";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const operation = "6f0ecf0e-8d1c-4c39-9f7c-2f5c8f4d0f0a";
const lost = new ClientError("no-connection", "the connection was lost");
const unknown = problem("not-found", "there is none of that id");
const view = { id: operation, action: "install", startedAt: "2026-01-01T00:00:00Z", events: "/" };

function refusal(found: Problem): Response {
  return Response.json(found, { status: found.status });
}

/** What a daemon makes of a lost answer: "lost", or the code of the problem, or the result. */
async function found(answers: { operation: () => Response; events?: string; withoutBody?: Problem }): Promise<unknown> {
  const directory = await mkdtemp(join(tmpdir(), "client-"));
  const socketPath = join(directory, "socket");
  const server = Bun.serve({
    unix: socketPath,
    fetch(request) {
      if (request.method === "POST") return refusal(answers.withoutBody ?? problem("failed", "unexpected"));
      if (request.url.endsWith("/events")) return new Response(answers.events ?? "");
      return answers.operation();
    },
  });
  closing.push(
    () => rm(directory, { recursive: true }),
    () => server.stop(true),
  );
  return await findLostAnswer({ socketPath }, { call, contentType, operation }, lost).catch((error: unknown) => {
    if (error === lost) return "lost";
    return error instanceof ClientError ? error.problem?.code : error;
  });
}

test("findLostAnswer asks the operation for its reason", async () => {
  const reason = problem("too-large", "it is too large");
  const events = `${JSON.stringify({ type: "error", operation, problem: reason })}\n`;
  expect(await found({ operation: () => Response.json({ ...view, state: "failed", problem: reason }), events })).toBe(
    "too-large",
  );
});

test("findLostAnswer gives back the result of an operation that went on", async () => {
  const events = `${JSON.stringify({ type: "result", operation, result: { done: true } })}\n`;
  expect(await found({ operation: () => Response.json({ ...view, state: "running" }), events })).toEqual({
    done: true,
  });
});

test("findLostAnswer asks again without the body where no operation had begun", async () => {
  const withoutBody = problem("refused-in-state", "a trial is on");
  expect(await found({ operation: () => refusal(unknown), withoutBody })).toBe("refused-in-state");
});

test("findLostAnswer keeps the lost connection where nothing but the missing body is refused", async () => {
  expect(
    await found({ operation: () => refusal(unknown), withoutBody: problem("source-refused", "it is empty") }),
  ).toBe("lost");
});

test("findLostAnswer keeps the lost connection where nobody answers any more", async () => {
  const install = { call, contentType, operation };
  expect(await findLostAnswer({ socketPath: "/nowhere/socket" }, install, lost).catch((error: unknown) => error)).toBe(
    lost,
  );
});
