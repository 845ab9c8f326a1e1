// One connection to a bus, and the only place that knows the library. What it leaves open is closed here: its calls never settle once the
// bus is gone, a bus that does not answer its Hello blocks for ever, and a connection that ends in order is told to nobody.
import { EventEmitter } from "node:events";
import { Socket } from "node:net";
import * as dbus from "@jellybrick/dbus-next";
import { PortableError } from "../error.ts";
import type { BusCall } from "./call.ts";
import { serviceError } from "./service-error.ts";

export interface BusSignal {
  path: string;
  interface: string;
  member: string;
  body: readonly unknown[];
}

export class Connection {
  readonly #bus: dbus.MessageBus;
  readonly #address: string;
  readonly #pending = new Set<(error: PortableError) => void>();
  readonly #listeners = new Set<(signal: BusSignal) => void>();
  #end: PortableError | undefined;

  private constructor(address: string) {
    this.#address = address;
    this.#bus = dbus.sessionBus({ busAddress: address });
    this.#bus.on("message", (message) => this.#heard(message));
    // Its type leaves it out, but without a listener the process would end.
    const events: EventEmitter = this.#bus;
    events.on("error", (error: unknown) => this.#lose(error));
    const inner: unknown = Reflect.get(this.#bus, "_connection");
    if (inner instanceof EventEmitter) inner.on("end", () => this.#lose(undefined));
  }

  /** Answers once the bus has answered. */
  static async open(address: string, timeoutMs: number): Promise<Connection> {
    const connection = new Connection(address);
    const hello = new Promise<void>((resolve) => connection.#bus.once("connect", resolve));
    try {
      await connection.wait(hello, timeoutMs, "connect to the bus");
    } catch (error) {
      connection.close();
      const why = error instanceof PortableError && error.kind === "timeout" ? "it does not answer" : reason(error);
      const message = `Cannot reach the system bus at "${address}": ${why}; see systemctl status dbus on the host`;
      throw new PortableError("no-bus", message, { cause: error });
    }
    return connection;
  }

  get isUsable(): boolean {
    return this.#end === undefined;
  }

  async call(call: BusCall, timeoutMs: number): Promise<readonly unknown[]> {
    const { signature = "", body = [], ...address } = call;
    const message = new dbus.Message({ ...address, signature, body: [...body] });
    try {
      const reply = await this.wait(this.#bus.call(message), timeoutMs, `call ${call.member} of ${call.destination}`);
      return reply?.body ?? [];
    } catch (error) {
      throw error instanceof dbus.DBusError ? serviceError(call, error) : error;
    }
  }

  /** Tells of every signal that arrives, until it is called off. */
  listen(listener: (signal: BusSignal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#lose(undefined);
  }

  /** Settles with the promise, at the end of the time, or when the connection is lost, whichever is first. */
  wait<Result>(promise: Promise<Result>, timeoutMs: number, what: string): Promise<Result> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise<Result>((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `Cannot ${what}: no answer within ${timeoutMs / 1000} s; see its journal on the host`;
        settle(() => reject(new PortableError("timeout", message)));
      }, timeoutMs);
      const lost = (error: PortableError) => settle(() => reject(error));
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#pending.delete(lost);
        act();
      };
      this.#pending.add(lost);
      promise.then(
        (result) => settle(() => resolve(result)),
        (error: unknown) => settle(() => reject(error instanceof Error ? error : new Error(String(error)))),
      );
    });
  }

  #lose(cause: unknown): void {
    if (this.#end !== undefined) return;
    const why = cause === undefined ? "" : ` (${reason(cause)})`;
    const message = `Cannot finish the call: the connection to the bus at "${this.#address}" was lost${why}; look at the state and try again`;
    this.#end = new PortableError("bus-lost", message, cause === undefined ? {} : { cause });
    const inner: unknown = Reflect.get(this.#bus, "_connection");
    const stream: unknown = inner instanceof EventEmitter ? Reflect.get(inner, "stream") : undefined;
    if (stream instanceof Socket) stream.destroy();
    for (const reject of this.#pending) reject(this.#end);
    this.#listeners.clear();
  }

  #heard(message: dbus.Message): void {
    if (message.type !== dbus.MessageType.SIGNAL) return;
    const { path, interface: from, member, body } = message;
    for (const listener of this.#listeners) listener({ path, interface: from, member, body });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
