// The HTTP API over a socket, as any client sees it.
export interface ApiRequest {
  method?: "GET" | "HEAD" | "POST" | "PATCH" | "DELETE";
  headers?: Record<string, string>;
  body?: string | Uint8Array | ReadableStream<Uint8Array> | Bun.BunFile;
  signal?: AbortSignal;
}

/** Bun's fetch gives up after five minutes of silence; its types do not know that it can be told not to. */
const patient: object = { timeout: false };

export function request(socket: string, path: string, init: ApiRequest = {}): Promise<Response> {
  return fetch(`http://host-service${path}`, { ...init, unix: socket, keepalive: false, ...patient });
}

export interface JsonAnswer {
  status: number;
  body: Record<string, unknown>;
}

export async function json(socket: string, path: string, init: ApiRequest = {}): Promise<JsonAnswer> {
  const response = await request(socket, path, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The lines of an operation's event stream, without the blank ones that keep it alive. */
export async function* events(socket: string, id: string): AsyncGenerator<Record<string, unknown>> {
  const response = await request(socket, `/v1/operations/${id}/events`);
  if (response.status !== 200) throw new Error(`Cannot watch operation ${id}: ${await response.text()}`);
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line) as Record<string, unknown>;
  }
}
