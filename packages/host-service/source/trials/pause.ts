/** Returns when the time is over, or as soon as it is not to be waited for any more. */
export async function pause(timeMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(() => over.resolve(), timeMs);
  const end = () => over.resolve();
  signal.addEventListener("abort", end, { once: true });
  await over.promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
}
