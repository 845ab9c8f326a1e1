// The sockets of this daemon: the host's own, and one in a directory of its own for each container.
import { chmod, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CallContext } from "../http/calls.ts";
import { listen } from "./listener.ts";
import type { Listener } from "./listener.ts";

export class Listeners {
  readonly #context: CallContext;
  #host: Listener | undefined;
  readonly #containers = new Map<string, Listener>();

  constructor(context: CallContext) {
    this.#context = context;
  }

  async open(): Promise<void> {
    const { socketPath } = this.#context.configuration;
    await this.follow();
    this.#host = await listen(socketPath, {
      principal: { kind: "host" },
      nursery: dirname(socketPath),
      context: this.#context,
    });
  }

  /** Opens a listener for each container that has none, and closes those of containers that are gone. */
  async follow(): Promise<void> {
    const names = await this.#context.containers.names();
    for (const [name, listener] of this.#containers) {
      if (names.includes(name)) continue;
      this.#containers.delete(name);
      // Not awaited: the request that removed the container may have come by this very listener.
      void this.#close(listener);
      await rm(dirname(listener.path), { recursive: true, force: true });
    }
    for (const name of names) {
      if (!this.#containers.has(name)) this.#containers.set(name, await this.#openFor(name));
    }
  }

  async close(): Promise<void> {
    const all = this.#host === undefined ? [...this.#containers.values()] : [this.#host, ...this.#containers.values()];
    await Promise.all(all.map((listener) => listener.stop()));
  }

  async #openFor(name: string): Promise<Listener> {
    const { runDirectory } = this.#context.configuration;
    const directory = join(runDirectory, name);
    await mkdir(directory, { recursive: true, mode: 0o755 });
    await chmod(directory, 0o755);
    return listen(join(directory, "host-service"), {
      principal: { kind: "container", name },
      nursery: runDirectory,
      context: this.#context,
    });
  }

  async #close(listener: Listener): Promise<void> {
    try {
      await listener.stop();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#context.log.warn("Cannot close a listener", { socket: listener.path, why });
    }
  }
}
