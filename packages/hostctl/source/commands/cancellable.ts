import { writeLine } from "../output/write.ts";

/** What a shell reports for a program that SIGINT ended. */
export const exitInterrupted = 130;

/** The second Ctrl-C: the person does not want to wait for the cancelling. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Runs work that the first Ctrl-C asks to cancel, and that the second one leaves. */
export async function cancellable<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const cancelling = new AbortController();
  const leaving = Promise.withResolvers<never>();
  const interrupt = (): void => {
    if (cancelling.signal.aborted) {
      leaving.reject(new Interrupted("Cannot wait for the end: interrupted; host-service may still be at work"));
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
