// One listener over a WebSocket: a frame an event, a ping at once and every ten seconds. One that does not read is dropped.
import type { Events } from "./events.ts";
import { queueLimits } from "./events.ts";

export interface EventSocketOptions {
  events: Events;
  types: ReadonlySet<string>;
  pingMs: number;
}

type Socket = Bun.ServerWebSocket<EventSocket>;

const pingsMax = 3;

export class EventSocket {
  readonly #options: EventSocketOptions;
  readonly #queue: string[] = [];
  #bytes = 0;
  #socket: Socket | undefined;
  #isFull = false;
  #unanswered = 0;
  #pinging: ReturnType<typeof setInterval> | undefined;
  #stopListening: () => void = () => undefined;

  constructor(options: EventSocketOptions) {
    this.#options = options;
  }

  open(socket: Socket): void {
    this.#socket = socket;
    const { events, types, pingMs } = this.#options;
    this.#ping();
    this.#pinging = setInterval(() => this.#ping(), pingMs);
    this.#stopListening = events.listen({
      types,
      deliver: (lines) => {
        socket.cork(() => this.#deliver(lines));
      },
    });
  }

  pong(): void {
    this.#unanswered = 0;
  }

  drain(): void {
    this.#isFull = false;
    while (!this.#isFull) {
      const line = this.#queue.shift();
      if (line === undefined) return;
      this.#bytes -= line.length;
      this.#send(line);
    }
  }

  close(): void {
    clearInterval(this.#pinging);
    this.#stopListening();
    this.#queue.length = 0;
  }

  #deliver(lines: readonly string[]): void {
    for (const line of lines) {
      if (this.#isFull) {
        this.#queue.push(line);
        this.#bytes += line.length;
      } else this.#send(line);
    }
    if (this.#queue.length > queueLimits.events || this.#bytes > queueLimits.bytes) this.#socket?.terminate();
  }

  /** What the runtime has not sent yet it keeps, and says so with -1. */
  #send(line: string): void {
    if (this.#socket?.sendText(line) === -1) this.#isFull = true;
  }

  #ping(): void {
    if (this.#unanswered >= pingsMax) {
      this.#socket?.terminate();
      return;
    }
    this.#unanswered++;
    this.#socket?.ping("keepalive");
  }
}
