// The runtime writes a body to its file without a word, so the file is looked at.
import type { Watch } from "./stall-timer.ts";

/** Also how long a body of unknown length can outgrow its limit before that is seen. */
const pollIntervalMs = 50;

/** Calls `look` again and again until the watch is over. Never resolves; rejects with what `look` throws, or is told to `fail` with. */
export function whileItGrows(watch: Watch, look: (fail: (error: unknown) => void) => void): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setInterval(() => {
    try {
      look(reject);
    } catch (error) {
      reject(error);
    }
  }, pollIntervalMs);
  watch.over.addEventListener("abort", () => clearInterval(timer), { once: true });
  return promise;
}
