/** "60 s", "10 min", "2 h": the largest unit of which it is a whole number, seconds up to two minutes. */
export function inWords(timeMs: number): string {
  if (timeMs % 1000 !== 0) return `${timeMs} ms`;
  if (timeMs < 120_000 || timeMs % 60_000 !== 0) return `${timeMs / 1000} s`;
  return timeMs % 3_600_000 === 0 ? `${timeMs / 3_600_000} h` : `${timeMs / 60_000} min`;
}
