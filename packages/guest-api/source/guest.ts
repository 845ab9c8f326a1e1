// One container as its guest API shows it. The configuration is read anew for each request; what changes becomes events in the same step.
import { Events } from "./events/events.ts";
import { changesBetween } from "./model/changes.ts";
import { merge } from "./model/layers.ts";
import type { Layer } from "./model/layers.ts";

export interface GuestOptions {
  name: string;
  /** From the image's up to what was set live. */
  layers: readonly Layer[];
  /** Each time that the guest says that it is ready, also again. Settles before the guest is answered. */
  onReady?: (name: string) => Promise<void> | void;
  /** Names the run of the container: another one has not said that it is ready. A pause changes nothing. */
  life?: () => string | undefined;
  now?: () => Date;
}

/** What `volatile.last_state.ready` says; undefined after a start of the daemon, when nobody knows. */
type Ready = "true" | "false" | undefined;

export class Guest {
  readonly name: string;
  readonly events: Events;
  readonly #onReady: (name: string) => Promise<void> | void;
  readonly #life: () => string | undefined;
  #merged: Layer;
  #ready: Ready;
  #readyIn: string | undefined;

  constructor(options: GuestOptions) {
    this.name = options.name;
    this.events = new Events(options.now);
    this.#onReady = options.onReady ?? (() => undefined);
    this.#life = options.life ?? (() => undefined);
    this.#merged = merge(options.layers);
  }

  /** Image and live keys merged. */
  get merged(): Layer {
    return this.#merged;
  }

  get ready(): Ready {
    if (this.#ready === "true" && this.#life() !== this.#readyIn) this.#ready = "false";
    return this.#ready;
  }

  /** One update, whose events nothing comes between. */
  update(layers: readonly Layer[]): void {
    const before = this.#merged;
    this.#merged = merge(layers);
    this.events.publish(changesBetween(before, this.#merged));
  }

  async reportState(state: "Ready" | "Started"): Promise<void> {
    this.#ready = state === "Ready" ? "true" : "false";
    this.#readyIn = this.#life();
    if (state === "Ready") await this.#onReady(this.name);
  }

  /** The container was stopped, or begins anew. */
  resetReady(): void {
    this.#ready = "false";
  }
}
