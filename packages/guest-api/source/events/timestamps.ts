// RFC 3339 with nine digits of a second, in the host's time zone, each later than the one before. The language's clock has milliseconds; what
// follows them is counted.
export class Timestamps {
  #lastNs = 0n;
  readonly #now: () => Date;

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  next(): string {
    const now = this.#now();
    const ns = BigInt(now.getTime()) * 1_000_000n;
    this.#lastNs = ns > this.#lastNs ? ns : this.#lastNs + 1n;
    // A clock that was set back does not take events with it.
    return format(this.#lastNs);
  }
}

function format(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n));
  const fraction = String(ns % 1_000_000_000n).padStart(9, "0");
  const offsetMinutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offsetMinutes * 60_000).toISOString().slice(0, 19);
  return `${local}.${fraction}${zone(offsetMinutes)}`;
}

function zone(minutes: number): string {
  if (minutes === 0) return "Z";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}
