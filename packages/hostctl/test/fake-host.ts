// A small host-service that answers from a script: the outside world of hostctl.
import { setDefaultTimeout } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Each test starts processes, and a busy machine may be slow at that.
setDefaultTimeout(60_000);

export type Answer = { status?: number; json: unknown } | ((request: Request) => Response | Promise<Response>);

export interface FakeHost extends AsyncDisposable {
  directory: string;
  socketPath: string;
  /** "POST /v1/system/reboot {…}" for each request with a JSON body, in their order. */
  requests: string[];
}

/** `script` maps "GET /v1/ping" to what is answered: the same each time, or a list of answers of which the last one stays. */
export async function fakeHost(script: Record<string, Answer | Answer[]>): Promise<FakeHost> {
  const directory = await mkdtemp(join(tmpdir(), "hostctl-"));
  const socketPath = join(directory, "host-service");
  const requests: string[] = [];
  const asked = new Map<string, number>();
  const server = Bun.serve({
    unix: socketPath,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    async fetch(request) {
      const key = `${request.method} ${new URL(request.url).pathname}`;
      const isJson = request.headers.get("content-type") === "application/json";
      requests.push(isJson ? `${key} ${await request.clone().text()}` : key);
      const found = matching(script, key);
      const count = asked.get(key) ?? 0;
      asked.set(key, count + 1);
      const answer = Array.isArray(found) ? found[Math.min(count, found.length - 1)] : found;
      if (answer === undefined) return Response.json({ unexpected: key }, { status: 404 });
      if (typeof answer === "function") return await answer(request);
      return Response.json(answer.json, { status: answer.status ?? 200 });
    },
  });
  return {
    directory,
    socketPath,
    requests,
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Ids of operations are chosen by the client: "*" stands for one of them. */
function matching(script: Record<string, Answer | Answer[]>, key: string): Answer | Answer[] | undefined {
  return script[key] ?? script[key.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "*")];
}

/** An NDJSON stream that is held open until its last line is written. */
export function eventStream(lines: readonly (object | Promise<object> | "")[]): Response {
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (const line of lines) {
        const value = await line;
        controller.enqueue(encoder.encode(value === "" ? "\n" : `${JSON.stringify(value)}\n`));
      }
      controller.close();
    },
  });
  return new Response(stream, { headers: { "content-type": "application/x-ndjson" } });
}
