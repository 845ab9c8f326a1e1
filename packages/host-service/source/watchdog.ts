// What the service manager is told (sd_notify(3)), and the sign of life that it waits for.
import { notifySystemd } from "@host-service/disk";
import type { Log } from "./log.ts";

/** Who listens already goes on: systemd's own time limit ends what it does not hear from. */
export function tellSystemd(state: string, log: Log): void {
  try {
    notifySystemd(state);
  } catch (error) {
    log.warn("Cannot tell systemd", { state, why: error instanceof Error ? error.message : String(error) });
  }
}

/**
 * Tells the service manager twice within its time (sd_watchdog_enabled(3)) that calls are being answered: the timer is served by
 * the loop that serves the sockets, so it is silent when that hangs. Nothing where nobody asked, or another process was asked.
 */
export function startWatchdog(environment: Readonly<Record<string, string | undefined>>, log: Log): { stop(): void } {
  const intervalMs = intervalOf(environment);
  if (intervalMs === undefined) return { stop: () => undefined };
  const timer = setInterval(() => tellSystemd("WATCHDOG=1", log), intervalMs);
  return { stop: () => clearInterval(timer) };
}

function intervalOf(environment: Readonly<Record<string, string | undefined>>): number | undefined {
  const { WATCHDOG_USEC: timeUs, WATCHDOG_PID: pid } = environment;
  if (timeUs === undefined || !/^[1-9]\d{0,14}$/.test(timeUs)) return undefined;
  if (pid !== undefined && pid !== String(process.pid)) return undefined;
  return Math.max(1, Math.floor(Number(timeUs) / 2000));
}
