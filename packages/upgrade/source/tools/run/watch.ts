export type Interruption = "cancelled" | "stalled";

export interface Watch {
  /** Resolves when the work has to be ended; never, once `end` was called. */
  readonly interrupted: Promise<Interruption>;
  /** It lives: its silence starts again. */
  readonly alive: () => void;
  end(): void;
}

const lookAgainMs = 50;

/**
 * Looks after work that may hang. `sign` is looked at twenty times a second: as long as what it answers changes, the work lives, also when
 * it says nothing.
 */
export function watch(options: {
  silenceTimeoutMs: number;
  signal: AbortSignal | undefined;
  sign: (() => string | undefined) | undefined;
}): Watch {
  const { silenceTimeoutMs, signal, sign } = options;
  const { promise, resolve } = Promise.withResolvers<Interruption>();
  let lastSign: string | undefined;
  let aliveAt = performance.now();
  const look = () => {
    const now = performance.now();
    const seen = sign?.();
    if (seen !== lastSign) aliveAt = now;
    lastSign = seen;
    if (now - aliveAt > silenceTimeoutMs) resolve("stalled");
  };
  const cancel = () => resolve("cancelled");
  const timer = setInterval(look, lookAgainMs);
  if (signal?.aborted === true) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  return {
    interrupted: promise,
    alive: () => {
      aliveAt = performance.now();
    },
    end: () => {
      clearInterval(timer);
      signal?.removeEventListener("abort", cancel);
    },
  };
}
