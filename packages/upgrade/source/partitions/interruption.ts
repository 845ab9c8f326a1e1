import { UpgradeError } from "../error.ts";

export interface Interruption {
  /** Rejects with "stalled" when `alive` was not called in time, with "cancelled" when the signal fires, and with what `fail` is told. */
  readonly happened: Promise<never>;
  /** Something came: the time starts again. */
  readonly alive: () => void;
  readonly fail: (error: unknown) => void;
  /** Nothing happens any more. */
  readonly end: () => void;
}

export function watchFor(signal: AbortSignal, stallTimeoutMs: number): Interruption {
  const { promise, reject } = Promise.withResolvers<never>();
  // Whoever races with it hears of it; nobody has to.
  promise.catch(() => undefined);
  const cancel = (): void =>
    reject(new UpgradeError("cancelled", "Cannot install the image: it was cancelled", { cause: signal.reason }));
  const stall = (): void => {
    const why = `nothing was read or written for ${stallTimeoutMs / 1000} s; check the sender and the device, and try again`;
    reject(new UpgradeError("stalled", `Cannot install the image: ${why}`));
  };
  const timer = setTimeout(stall, stallTimeoutMs);
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  return {
    happened: promise,
    alive: () => void timer.refresh(),
    fail: reject,
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    },
  };
}
