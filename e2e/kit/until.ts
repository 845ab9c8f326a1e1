const lookAgainMs = 5;
const deadlineDefaultMs = 30_000;

/** Waits for a condition, which is looked at again and again; `what` is for the message when the deadline has passed. */
export async function until<Value>(
  what: string,
  condition: () => Value | Promise<Value>,
  deadlineMs = deadlineDefaultMs,
): Promise<NonNullable<Value>> {
  const last = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== undefined && value !== null) return value;
    if (performance.now() > last) throw new Error(`Cannot go on: "${what}" did not happen within ${deadlineMs} ms`);
    await Bun.sleep(lookAgainMs);
  }
}
