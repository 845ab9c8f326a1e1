const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of "10m", "1h 30m" or "90s", after systemd.time(7); undefined for anything else, a bare number too. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:ms|s|min|m|h|d) ?)+$/u.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([a-z]+)/gu))
    total += Number(count) * (unitMs[unit ?? ""] ?? Number.NaN);
  return Number.isSafeInteger(total) ? total : undefined;
}
