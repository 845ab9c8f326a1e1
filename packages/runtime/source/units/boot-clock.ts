import { uptime } from "node:os";

/** CLOCK_BOOTTIME in milliseconds: it counts a suspend, and no correction of the clock changes it. */
export function bootTimeMs(): number {
  return Math.round(uptime() * 1000);
}
