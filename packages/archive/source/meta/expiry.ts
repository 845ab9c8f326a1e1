import { refuseMeta } from "./refusal.ts";

/** A warning where the date is over: the clocks of edge devices are often wrong, so it is never more. */
export function checkExpiry(seconds: number, now: Date): string[] {
  if (seconds * 1000 >= now.getTime()) return [];
  const date = new Date(seconds * 1000);
  const day = Number.isNaN(date.getTime()) ? `${seconds}` : date.toISOString().slice(0, 10);
  return [`the image's metadata says that it expired on ${day}`];
}

/** Seconds since 1970. */
export function readUnixTime(value: string, what: string): number {
  if (!/^-?\d{1,15}$/u.test(value)) throw refuseMeta(`${what} has to be a Unix time, such as 1767225600`);
  return Number(value);
}
