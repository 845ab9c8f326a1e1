// The socket of one flavour of one container. The gate reads from the kernel who connected, then passes the bytes on to an HTTP server that is this
// connection's alone: so each request is known to come from that process, and nothing here reads HTTP.
import { peerCredentials, peerProcess } from "@host-service/disk";
import { Connection } from "./connection.ts";
import { defaultLimits } from "./settings.ts";
import type { GateLimits, GateOptions, GateSettings } from "./settings.ts";
import { Turns } from "./turns.ts";

type Outer = Bun.Socket<{ connection?: Connection }>;

const turns = new Turns();
const tickMs = 500;

export class Gate implements GateSettings {
  readonly options: GateOptions;
  readonly limits: GateLimits;
  readonly #connections = new Set<Connection>();
  #listener: Bun.UnixSocketListener<{ connection?: Connection }> | undefined;
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor(options: GateOptions) {
    this.options = options;
    this.limits = { ...defaultLimits, ...options.limits };
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Makes the socket. Its owner, mode and final name are the caller's. */
  listen(path: string): void {
    this.#listener = Bun.listen<{ connection?: Connection }>({
      unix: path,
      allowHalfOpen: true,
      socket: {
        open: (socket) => this.#open(socket),
        data: (socket, chunk) => socket.data.connection?.fromClient(chunk),
        drain: (socket) => socket.data.connection?.clientDrained(),
        end: (socket) => socket.data.connection?.clientEnded(),
        close: (socket) => socket.data.connection?.clientLeft(),
        error: (socket) => socket.terminate(),
      },
    });
  }

  /** Takes no more connections; those that are open stay, as event streams have to. */
  withdraw(): void {
    this.#listener?.stop(false);
    this.#listener = undefined;
  }

  /** Ends everything. */
  close(): void {
    this.withdraw();
    for (const connection of this.#connections) connection.end();
  }

  #open(socket: Outer): void {
    socket.data = {};
    if (this.#connections.size >= this.limits.connectionsMax) {
      socket.terminate();
      return;
    }
    const fd = descriptorOf(socket);
    const { pid, uid } = peerCredentials(fd);
    const connection = new Connection({
      gate: this,
      peer: { pid, uid, processFd: peerProcess(fd, pid).fd },
      socket,
      onClosed: () => this.#forget(connection),
      ask: (work) => turns.ask(this, work),
    });
    socket.data = { connection };
    this.#connections.add(connection);
    this.#ticking ??= setInterval(() => this.#tick(), tickMs);
  }

  #tick(): void {
    const now = performance.now();
    for (const connection of this.#connections) connection.tick(now);
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }
}

/** The types do not know it. */
function descriptorOf(socket: Outer): number {
  if ("fd" in socket && typeof socket.fd === "number" && socket.fd >= 0) return socket.fd;
  throw new Error("Cannot tell who is calling: the runtime does not tell the descriptor of its socket");
}
