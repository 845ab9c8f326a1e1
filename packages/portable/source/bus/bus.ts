// A bus that is connected to when it is first used, and again when it was lost. No call is ever made twice: whoever changes something and
// does not hear the answer looks at what is there.
import { PortableError } from "../error.ts";
import type { BusCall } from "./call.ts";
import { Connection } from "./connection.ts";
import type { BusSignal } from "./connection.ts";

export interface BusOptions {
  /** As in DBUS_SYSTEM_BUS_ADDRESS. */
  address: string;
  /** How long to wait before the next attempt after failed ones; the last one counts for all that follow. */
  pausesMs?: readonly number[];
}

export const systemBusAddress = "unix:path=/run/dbus/system_bus_socket";

const pausesDefaultMs = [0, 100, 500, 2000];
const connectTimeMaxMs = 10_000;

/** Waits for what a signal settles; fails at the end of the time, or when the connection is lost. */
export type Wait = <Result>(promise: Promise<Result>, timeoutMs: number, what: string) => Promise<Result>;

/** Fails with a PortableError, always within the time given. */
export class Bus {
  readonly #options: BusOptions;
  #connection: Promise<Connection> | undefined;
  #isClosed = false;
  #failures = 0;
  #lastFailure = 0;

  constructor(options: BusOptions) {
    this.#options = options;
  }

  async call(call: BusCall, timeoutMs: number): Promise<readonly unknown[]> {
    const begun = performance.now();
    const connection = await this.#connected(timeoutMs);
    const left = timeoutMs - (performance.now() - begun);
    return await connection.call(call, Math.max(1, Math.round(left)));
  }

  /** Signals of the connection there is now, while `act` goes on. Who sends them was asked to by a call of `act`, or before. */
  async hearing<Result>(
    listener: (signal: BusSignal) => void,
    timeoutMs: number,
    act: (wait: Wait) => Promise<Result>,
  ): Promise<Result> {
    const connection = await this.#connected(timeoutMs);
    const stop = connection.listen(listener);
    try {
      return await act((promise, waitMs, what) => connection.wait(promise, waitMs, what));
    } finally {
      stop();
    }
  }

  /** For good: what goes on is ended, and nothing can be asked any more. */
  close(): void {
    this.#isClosed = true;
    const connection = this.#connection;
    this.#connection = undefined;
    void connection?.then(
      (open) => open.close(),
      () => {},
    );
  }

  async #connected(timeoutMs: number): Promise<Connection> {
    if (this.#isClosed)
      throw new PortableError("bus-lost", "Cannot ask the bus: host-service is stopping; try again later");
    const before = this.#connection;
    if (before !== undefined) {
      const connection = await before;
      if (connection.isUsable) return connection;
    }
    if (this.#connection === before) this.#connection = this.#connect(Math.min(timeoutMs, connectTimeMaxMs));
    return await (this.#connection ?? this.#connected(timeoutMs));
  }

  async #connect(timeoutMs: number): Promise<Connection> {
    try {
      const pauses = this.#options.pausesMs ?? pausesDefaultMs;
      const pause = pauses[Math.min(this.#failures, pauses.length - 1)] ?? 0;
      const missing = this.#failures === 0 ? 0 : pause - (performance.now() - this.#lastFailure);
      const wait = Math.max(0, Math.min(missing, timeoutMs / 2));
      if (wait > 0) await Bun.sleep(wait);
      const connection = await Connection.open(this.#options.address, timeoutMs - wait);
      this.#failures = 0;
      return connection;
    } catch (error) {
      this.#failures += 1;
      this.#lastFailure = performance.now();
      this.#connection = undefined;
      throw error;
    }
  }
}
