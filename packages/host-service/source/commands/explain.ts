/** The sentence of an expected failure; for one that nobody foresaw also where it happened. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.startsWith("Cannot ") ? error.message : (error.stack ?? error.message);
}
