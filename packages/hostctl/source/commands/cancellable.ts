import { writeLine } from "../output/write.ts";

type Signal = "SIGINT" | "SIGTERM";

/** The second Ctrl-C: the person does not want to wait for the cancelling. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: Signal;

  constructor(signal: Signal) {
    super("Cannot wait for the end: interrupted; host-service may still be at work");
    this.signal = signal;
  }

  /**
   * Ends the process by the signal, as it would have ended without us: a shell then stops its loop too. Requests may still be under
   * way, so that the process would not end by itself.
   */
  endProcess(): void {
    process.kill(process.pid, this.signal);
  }
}

/** Runs work that the first Ctrl-C asks to cancel, and that the second one leaves. */
export async function cancellable<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const cancelling = new AbortController();
  const leaving = Promise.withResolvers<never>();
  const interrupt = (signal: Signal): void => {
    if (cancelling.signal.aborted) {
      leaving.reject(new Interrupted(signal));
      return;
    }
    writeLine("stderr", "\ncancelling; press Ctrl-C again to leave at once");
    cancelling.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    return await Promise.race([work(cancelling.signal), leaving.promise]);
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}
