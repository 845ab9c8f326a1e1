import { IngestError } from "./error.ts";
import type { Reception } from "./reception.ts";

export interface Watch {
  /** Something came: the time starts again. */
  alive(): void;
  /** Aborted when the watched work no longer matters, whichever way it ended. */
  readonly over: AbortSignal;
}

type Watched = Pick<Reception, "action" | "signal"> & { readonly stallTimeoutMs?: number };

/**
 * Runs work that may hang. Rejects at once with "stalled" when `alive` is not called in time and with
 * "cancelled" when the signal fires; the work itself may go on and has to end what it holds on `over`.
 */
export async function watched<T>(
  { action, signal, stallTimeoutMs }: Watched,
  run: (watch: Watch) => Promise<T>,
): Promise<T> {
  if (signal?.aborted === true) throw cancelled(action, signal);
  const interruption = Promise.withResolvers<never>();
  const over = new AbortController();
  const cancel = () => interruption.reject(cancelled(action, signal));
  signal?.addEventListener("abort", cancel, { once: true });
  const timer =
    stallTimeoutMs === undefined
      ? undefined
      : setTimeout(
          () => interruption.reject(new IngestError(action, { kind: "stalled", stallTimeoutMs })),
          stallTimeoutMs,
        );
  try {
    const work = run({ alive: () => timer?.refresh(), over: over.signal });
    return await Promise.race([interruption.promise, work]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", cancel);
    over.abort();
  }
}

function cancelled(action: string, signal: AbortSignal | undefined): IngestError {
  return new IngestError(action, { kind: "cancelled" }, { cause: signal?.reason });
}
