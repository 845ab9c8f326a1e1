// How single values look to a person. Everything that comes from outside goes through `printable` here.
import { printable } from "./printable.ts";

const idDigits = 12;

/** The first digits of "sha256:…", enough to tell images apart. */
export function shortId(imageId: string | undefined): string {
  return imageId === undefined
    ? ""
    : printable(imageId)
        .replace(/^sha256:/, "")
        .slice(0, idDigits);
}

/** RFC 3339 to the minute, in UTC: "2026-11-21 23:50 UTC". */
export function minute(time: string | undefined): string {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/.exec(time ?? "");
  return found === null ? printable(time ?? "") : `${found[1]} ${found[2]} UTC`;
}

export function version(text: string | undefined): string {
  return text === undefined ? "-" : printable(text);
}

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** Decimal units, as disks are sold: "312.4 MB". */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** "0.4 s", "12.0 s", "3 min 5 s". */
export function duration(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}
