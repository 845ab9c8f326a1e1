const timeMaxMs = 10_000;

/** Waits for a condition, and says which one did not come. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + timeMaxMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`Cannot go on: not so within ${timeMaxMs} ms: ${what}`);
    await Bun.sleep(5);
  }
}
