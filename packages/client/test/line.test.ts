// An install whose line is lost: what was accepted is followed, what was not is asked for once more.
import { afterEach, expect, test } from "bun:test";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { problem } from "@host-service/protocol";
import { ClientError, createClient } from "../source/index.ts";
import { again } from "../source/line.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const answer = {
  container: { name: "edge", state: "pending", empty: false, why: "staged", resolved: true },
  warnings: [],
  operation: "o",
};
const sources = { config: { inline: "name: edge\n" }, rootfs: { upload: "u" } };

/** The line is there from the first recovery on; `knows` is whether the request had arrived before. */
async function installOverLostLine(knows: boolean): Promise<{ asked: string[]; installed: unknown }> {
  const directory = await mkdtemp(join(tmpdir(), "client-"));
  const [real, socketPath] = [join(directory, "real"), join(directory, "later")];
  const asked: string[] = [];
  const server = Bun.serve({
    unix: real,
    fetch(request) {
      const { pathname } = new URL(request.url);
      const key = `${request.method} ${pathname.replace(/[0-9a-f-]{36}/, "*")}`;
      asked.push(key);
      const unknown = problem("not-found", "Cannot find the operation");
      const running = { id: "o", action: "install", state: "running", startedAt: "now", events: "e" };
      if (key === "GET /v1/operations/*") {
        return knows ? Response.json(running) : Response.json(unknown, { status: unknown.status });
      }
      if (request.method === "POST") return Response.json(running, { status: 202 });
      return new Response(`${JSON.stringify({ type: "result", operation: "o", result: answer })}\n`);
    },
  });
  closing.push(
    () => rm(directory, { recursive: true }),
    () => server.stop(true),
  );
  const line = { name: "ssh://edge", recover: () => symlink(real, socketPath) };
  const client = createClient({ socketPath, line });
  return { asked, installed: await client.installFromSources({ container: "edge", sources }) };
}

test("installFromSources follows the operation that had arrived before the line was lost", async () => {
  expect(await installOverLostLine(true)).toEqual({
    asked: ["GET /v1/operations/*", "GET /v1/operations/*/events"],
    installed: answer,
  });
});

test("installFromSources asks once more where nothing had arrived", async () => {
  expect(await installOverLostLine(false)).toEqual({
    asked: ["GET /v1/operations/*", "POST /v1/containers/edge/install", "GET /v1/operations/*/events"],
    installed: answer,
  });
});

test("again recovers from a lost line alone, and not without a line", async () => {
  const lost = new ClientError("no-connection", "lost");
  const refused = new ClientError("protocol", "refused");
  let recovered = 0;
  const line = { name: "x", recover: async () => void (recovered += 1) };
  const failing = (error: ClientError, times: number) => async (attempt: number) => {
    if (attempt < times) throw error;
    return attempt;
  };
  expect(await again({ line }, failing(lost, 3))).toBe(3);
  expect(recovered).toBe(3);
  expect(await again({ line }, failing(refused, 1)).catch((error: unknown) => error)).toBe(refused);
  expect(await again({}, failing(lost, 1)).catch((error: unknown) => error)).toBe(lost);
  const dead = {
    name: "x",
    recover: async (error: ClientError) => {
      throw error;
    },
  };
  expect(await again({ line: dead }, failing(lost, 1)).catch((error: unknown) => error)).toBe(lost);
});
