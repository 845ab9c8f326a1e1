// The job "xz PATH OPTIONS…": becomes the host's xz, which reads what strangers wrote with none of our rights. It is a dynamic program, so
// that it cannot have an empty root as our own decoders have; instead it is a user who owns nothing.
import { writeSync } from "node:fs";
import { denySystemCalls, dropCapabilities, execute, noNewPrivileges, parentDeathSignal } from "@host-service/disk";
import { deniedSystemCalls } from "./denied-system-calls.ts";

/**
 * In the range that systemd leaves to nobody (UIDS-GIDS, "unused"). Not `nobody` itself: whatever else runs as that could take hold of
 * the process, and what comes out of it becomes an image.
 */
export const strangerId = 2_147_483_646;
const SIGKILL = 9;

/** Comes back only where that fails, with a line on standard error as the job "decode" writes it. */
export function runXzJob([path = "", ...options]: string[]): Promise<number> {
  try {
    if (process.geteuid?.() === 0) becomeStranger();
    // After that: a change of user takes the signal back.
    if (!parentDeathSignal(SIGKILL)) return Promise.resolve(1);
    dropCapabilities([]);
    noNewPrivileges();
    denySystemCalls(deniedSystemCalls.filter((name) => name !== "execve"));
    execute(path, ["xz", ...options], { LC_ALL: "C" });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `Cannot decode the archive: ${JSON.stringify(path)} did not start without rights (${why})`;
    writeSync(2, `${JSON.stringify({ kind: "failed", message })}\n`);
    return Promise.resolve(1);
  }
}

/** Leaving user 0 takes all capabilities away, in all threads (capabilities(7)). */
function becomeStranger(): void {
  process.setgroups?.([]);
  process.setgid?.(strangerId);
  process.setuid?.(strangerId);
}
