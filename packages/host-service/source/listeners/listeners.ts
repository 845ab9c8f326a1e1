// The sockets of this daemon: the host's own, and one in a directory of its own for each container.
import { chmod, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { realDisk } from "@host-service/disk";
import { rootIdOf } from "@host-service/slots";
import type { CallContext } from "../http/call.ts";
import { listen } from "./listener.ts";
import type { Listener } from "./listener.ts";

export class Listeners {
  readonly #context: CallContext;
  #host: Listener | undefined;
  readonly #containers = new Map<string, Listener>();
  #lastFollow: Promise<void> = Promise.resolve();

  constructor(context: CallContext) {
    this.#context = context;
  }

  /** Throws where the host's own socket cannot be; nothing listens then. */
  async open(): Promise<void> {
    const { socketPath } = this.#context.configuration;
    await this.follow();
    try {
      this.#host = await listen(socketPath, {
        principal: { kind: "host" },
        nursery: dirname(socketPath),
        context: this.#context,
      });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Opens a listener for each container that has none, and closes those of containers that are gone. Changes that come at
   * once are followed one after the other, or a container would get two. Never rejects: what a container puts into its own
   * directory is nobody else's trouble, and the next change tries again.
   */
  follow(): Promise<void> {
    this.#lastFollow = this.#lastFollow.then(() => this.#follow());
    return this.#lastFollow;
  }

  /** Closes every connection, also of clients that do not read their answer. */
  async close(): Promise<void> {
    const all = this.#host === undefined ? [...this.#containers.values()] : [this.#host, ...this.#containers.values()];
    await Promise.all(all.map((listener) => listener.stop()));
  }

  async #follow(): Promise<void> {
    await this.#attempt("Cannot follow the list of containers", {}, async () => {
      const names = await this.#context.containers.names();
      for (const [name, listener] of this.#containers) if (!names.includes(name)) await this.#closeFor(name, listener);
      for (const name of names) if (!this.#containers.has(name)) await this.#openFor(name);
    });
  }

  async #openFor(name: string): Promise<void> {
    const { runDirectory, stateDirectory } = this.#context.configuration;
    const directory = join(runDirectory, name);
    await this.#attempt("Cannot open the listener of a container", { container: name }, async () => {
      await mkdir(directory, { recursive: true, mode: 0o755 });
      await chmod(directory, 0o755);
      const rootId = await rootIdOf({ disk: realDisk, stateDirectory, name });
      const listener = await listen(join(directory, "host-service"), {
        principal: { kind: "container", name },
        // Root of the host is who runs this, or a test's own user.
        owner: rootId === 0 ? undefined : rootId,
        nursery: runDirectory,
        context: this.#context,
      });
      this.#containers.set(name, listener);
    });
  }

  async #closeFor(name: string, listener: Listener): Promise<void> {
    this.#containers.delete(name);
    // Not awaited: the request that removed the container may have come by this very listener.
    void this.#attempt("Cannot close the listener of a container", { container: name }, () => listener.stop());
    await this.#attempt("Cannot remove the directory of a container's listener", { container: name }, () =>
      realDisk.removeTree(dirname(listener.path)),
    );
  }

  async #attempt(what: string, about: Readonly<Record<string, unknown>>, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#context.log.warn(what, { ...about, why: error instanceof Error ? error.message : String(error) });
    }
  }
}
