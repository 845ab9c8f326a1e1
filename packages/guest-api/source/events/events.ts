// The events of one container, to whoever listens now: nothing from the past, all listeners in the same order, and none that waits for another.
import { toHtmlSafeJson } from "../answers/json.ts";
import type { Change } from "../model/changes.ts";
import { Timestamps } from "./timestamps.ts";

/** What a listener has not read: then it is dropped. Lines are shared by all listeners. */
export const queueLimits = { events: 1000, bytes: 32 * 1024 * 1024 };

export interface Listener {
  types: ReadonlySet<string>;
  /** The events of one update, each with its newline. */
  deliver(lines: readonly string[]): void;
}

/** Of the query; unknown words are no error and bring nothing. */
export function typesOf(query: string | null): ReadonlySet<string> {
  return new Set((query || "config,device").split(","));
}

export class Events {
  readonly #listeners = new Set<Listener>();
  readonly #timestamps: Timestamps;

  constructor(now?: () => Date) {
    this.#timestamps = new Timestamps(now);
  }

  get listening(): number {
    return this.#listeners.size;
  }

  /** Answers what ends it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  publish(changes: readonly Change[]): void {
    const events = changes.map(({ type, metadata }) => {
      const line = `${toHtmlSafeJson({ type, timestamp: this.#timestamps.next(), metadata })}\n`;
      return { type, line };
    });
    if (events.length === 0) return;
    for (const listener of this.#listeners) {
      const lines = events.filter(({ type }) => listener.types.has(type)).map(({ line }) => line);
      if (lines.length > 0) listener.deliver(lines);
    }
  }
}
