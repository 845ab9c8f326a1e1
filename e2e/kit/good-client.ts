// A client that asks again and again, and how long it waited each time.
import { request } from "./api.ts";

export interface Waits {
  requests: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

const betweenMs = 2;

/** Pings until `ended` settles. Every answer has to be good. */
export async function pingUntil(socket: string, ended: Promise<unknown>): Promise<Waits> {
  const goodbye = new AbortController();
  const end = ended.finally(() => goodbye.abort());
  const times: number[] = [];
  while (!goodbye.signal.aborted) {
    const started = performance.now();
    const response = await request(socket, "/v1/ping");
    await response.arrayBuffer();
    times.push(performance.now() - started);
    if (!response.ok) throw new Error(`Cannot go on: a ping was answered with ${response.status}`);
    await Bun.sleep(betweenMs);
  }
  await end;
  const sorted = times.toSorted((one, other) => one - other);
  const at = (part: number) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(2));
  return { requests: times.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
