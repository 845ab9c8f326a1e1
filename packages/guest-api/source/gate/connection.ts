// One connection of a guest: its bytes to and from its own HTTP server, what that server may know of it, and the time limits. An event stream takes
// the connection over, since it is no HTTP any more: any byte of the client ends it.
import { closeSync } from "node:fs";
import { answer } from "../answers/routes.ts";
import type { Requester } from "../answers/requester.ts";
import { queueLimits } from "../events/events.ts";
import { refusalOf } from "../identity/judge.ts";
import type { Peer } from "../identity/judge.ts";
import { openInner } from "./inner.ts";
import type { Inner } from "./inner.ts";
import { Outlet } from "./outlet.ts";
import type { GateSettings } from "./settings.ts";

export interface ConnectionOptions {
  gate: GateSettings;
  peer: Peer;
  socket: Bun.Socket<{ connection?: Connection }>;
  onClosed: () => void;
  /** For what takes a while: in turn with the other containers. */
  ask: (work: () => void) => void;
}

/** Byte for byte as both originals send it. */
const streamHeader = Buffer.from(
  "HTTP/1.1 200 OK\nConnection: keep-alive\nContent-Type: application/json\nX-Content-Type-Options: nosniff\n\n",
);
/** Of an update with very many changes: as few calls of the kernel as are good for the count of what waits. */
const linesAtOnce = 50;
const droppedBytesMax = 2 * 1024 * 1024;
/** A client that sends only half of a connection's end gets its answer, and a moment more. */
const farewellMs = 1000;

type Mode =
  | { kind: "http" }
  | { kind: "handing-over"; types: ReadonlySet<string> }
  | { kind: "stream" }
  | { kind: "websocket" };

export class Connection implements Requester {
  readonly #options: ConnectionOptions;
  readonly #toClient: Outlet;
  readonly #early: Uint8Array[] = [];
  #inner: Inner | "asked" | undefined;
  #mode: Mode = { kind: "http" };
  #stopListening: () => void = () => undefined;
  #isClosed = false;
  #clientHasEnded = false;
  #serverHasEnded = false;
  #bytesDropped = 0;
  #requests = 0;
  #bodies = 0;
  #headersSince: number | undefined;
  #lastByteAt = performance.now();
  #lastActAt = performance.now();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#toClient = new Outlet(options.socket);
  }

  fromClient(chunk: Uint8Array): void {
    if (this.#mode.kind === "stream") return this.end();
    if (this.#mode.kind === "handing-over") {
      this.#clientHasEnded = true;
      return;
    }
    if (this.#serverHasEnded) return this.#drop(chunk);
    this.#act();
    this.#lastByteAt = this.#lastActAt;
    if (this.#requests === 0) this.#headersSince ??= this.#lastByteAt;
    if (this.#inner === undefined) {
      this.#inner = "asked";
      this.#options.ask(() => void this.#openInner());
    }
    if (this.#inner === "asked") {
      this.#early.push(chunk);
      this.#options.socket.pause();
    } else if (!this.#inner.write(chunk)) this.#options.socket.pause();
  }

  clientDrained(): void {
    this.#act();
    if (!this.#toClient.drain()) return;
    if (this.#serverHasEnded && this.#mode.kind === "http") this.#endPolitely();
    else if (typeof this.#inner === "object") this.#inner.resume();
  }

  /** Half a close: of an event stream it is the whole one. */
  clientEnded(): void {
    if (this.#mode.kind === "stream" || this.#mode.kind === "websocket") return this.end();
    this.#clientHasEnded = true;
  }

  clientLeft(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening();
    if (typeof this.#inner === "object") this.#inner.close();
    const { processFd } = this.#options.peer;
    if (processFd !== undefined) closeSync(processFd);
    this.#options.onClosed();
  }

  end(): void {
    this.#options.socket.terminate();
    this.clientLeft();
  }

  tick(now: number): void {
    const { limits } = this.#options.gate;
    const quietMs = now - this.#lastActAt;
    if (this.#mode.kind !== "http") return;
    if (this.#serverHasEnded && quietMs > farewellMs) this.end();
    else if (this.#bodies > 0) {
      if (now - this.#lastByteAt > limits.bodyStallMs) this.end();
    } else if (this.#requests > 0) return;
    else if (this.#clientHasEnded && quietMs > farewellMs) this.end();
    else if (this.#headersSince !== undefined && now - this.#headersSince > limits.headersMs) this.end();
    else if (quietMs > limits.idleMs) this.end();
  }

  // What the answers may know and do.

  refusal(): ReturnType<typeof refusalOf> {
    return refusalOf(this.#options.peer, this.#options.gate.options.membership());
  }

  async whileReading<Result>(read: () => Promise<Result>): Promise<Result> {
    this.#bodies++;
    this.#lastByteAt = performance.now();
    try {
      return await read();
    } finally {
      this.#bodies--;
    }
  }

  /** The answers before this one go out first: they have been given to the socket when it ends. */
  becomeStream(types: ReadonlySet<string>): Promise<never> {
    this.#mode = { kind: "handing-over", types };
    setImmediate(() => typeof this.#inner === "object" && this.#inner.finish());
    return new Promise<never>(() => undefined);
  }

  becomeWebSocket(): void {
    this.#mode = { kind: "websocket" };
  }

  async #openInner(): Promise<void> {
    if (this.#isClosed) return;
    try {
      const inner = await openInner({
        directory: this.#options.gate.options.privateDirectory,
        gate: this.#options.gate,
        requester: this,
        answer: (request) => this.#answer(request),
        onData: (chunk) => this.#fromServer(chunk),
        onDrain: () => this.#options.socket.resume(),
        onEnd: () => this.#serverEnded(),
      });
      this.#inner = inner;
      if (this.#closedMeanwhile()) return inner.close();
      const flowing = this.#early.splice(0).map((chunk) => inner.write(chunk));
      if (!flowing.includes(false)) this.#options.socket.resume();
    } catch (error) {
      this.#options.gate.options.onFailure(error);
      this.end();
    }
  }

  /** A look that the compiler does not think it knows. */
  #closedMeanwhile(): boolean {
    return this.#isClosed;
  }

  async #answer(request: Request): Promise<Response> {
    this.#requests++;
    this.#headersSince = undefined;
    try {
      return await answer(request, { ...this.#options.gate.options, requester: this });
    } finally {
      this.#requests--;
      this.#act();
    }
  }

  /** Its server has said its last word. A client that finds the connection broken while it sends may not read that word, so some more is taken. */
  #drop(chunk: Uint8Array): void {
    this.#bytesDropped += chunk.byteLength;
    if (this.#bytesDropped > droppedBytesMax) this.end();
  }

  #fromServer(chunk: Uint8Array): void {
    this.#act();
    if (!this.#toClient.write(chunk) && typeof this.#inner === "object") this.#inner.pause();
  }

  #serverEnded(): void {
    if (this.#isClosed) return;
    this.#serverHasEnded = true;
    if (this.#mode.kind === "handing-over") this.#beginStream(this.#mode.types);
    else if (this.#toClient.bytesWaiting === 0) this.#endPolitely();
  }

  #beginStream(types: ReadonlySet<string>): void {
    this.#mode = { kind: "stream" };
    this.#toClient.write(streamHeader);
    // It said something already, or it has gone.
    if (this.#clientHasEnded) return this.#endPolitely();
    this.#stopListening = this.#options.gate.options.guest.events.listen({
      types,
      deliver: (lines) => {
        for (let first = 0; first < lines.length; first += linesAtOnce) {
          const some = lines.slice(first, first + linesAtOnce);
          this.#toClient.write(Buffer.from(some.join("")), some.length);
        }
        const { bytesWaiting, weightWaiting } = this.#toClient;
        if (weightWaiting > queueLimits.events || bytesWaiting > queueLimits.bytes) this.end();
      },
    });
    this.#options.socket.resume();
  }

  #endPolitely(): void {
    this.#options.socket.end();
  }

  #act(): void {
    this.#lastActAt = performance.now();
  }
}
