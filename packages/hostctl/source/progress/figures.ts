import type { ProgressEvent } from "@host-service/protocol";
import { size } from "../output/words.ts";

export const phaseWords = {
  receive: "receiving",
  write: "writing",
  verify: "verifying",
  unpack: "unpacking",
  record: "recording",
} as const satisfies Record<ProgressEvent["phase"], string>;

/** Never more than 99: an operation is at 100 % when its result has come, and then the bar is gone. */
const percentMax = 99;

export function percentOf(event: ProgressEvent): number | undefined {
  const { bytes, bytesTotal } = event;
  const computed =
    bytes !== undefined && bytesTotal !== undefined && bytesTotal > 0 ? (100 * bytes) / bytesTotal : undefined;
  const percent = event.percent ?? computed;
  return percent === undefined ? undefined : Math.max(0, Math.min(percentMax, Math.floor(percent)));
}

/** "112.4 MB of 267.1 MB", "7612 entries, 312.0 MB". */
export function amount(event: ProgressEvent): string {
  const { bytes, bytesTotal, entries } = event;
  const parts: string[] = [];
  if (entries !== undefined) parts.push(`${entries} ${entries === 1 ? "entry" : "entries"}`);
  if (bytes !== undefined) parts.push(bytesTotal === undefined ? size(bytes) : `${size(bytes)} of ${size(bytesTotal)}`);
  return parts.join(", ");
}

/** Only plain characters, so that the width of the name is the number of its letters. */
export function partOf(event: ProgressEvent): string {
  return (event.part ?? "").replaceAll(/[^\u0020-\u007e]/g, "?").slice(0, 40);
}

/** How fast the present phase goes, and how long the rest takes at that speed. */
export class Pace {
  #startedAt = 0;
  #startedBytes = 0;
  #phase = "";

  measure(event: ProgressEvent, now: number): { rate: number | undefined; secondsLeft: number | undefined } {
    const key = `${event.phase} ${event.part ?? ""}`;
    const bytes = event.bytes ?? 0;
    if (key !== this.#phase) {
      this.#phase = key;
      this.#startedAt = now;
      this.#startedBytes = bytes;
    }
    const seconds = (now - this.#startedAt) / 1000;
    if (seconds < 0.5 || bytes <= this.#startedBytes) return { rate: undefined, secondsLeft: undefined };
    const rate = (bytes - this.#startedBytes) / seconds;
    const rest = event.bytesTotal === undefined ? undefined : Math.max(0, event.bytesTotal - bytes);
    return { rate, secondsLeft: rest === undefined ? undefined : rest / rate };
  }
}

/** "0:07", "12:30", "1:02:03". */
export function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const pad = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${pad(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}
