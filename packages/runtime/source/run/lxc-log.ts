// How a container's first process ended, which lxc-start keeps to itself: it ends with 0 whenever the container had started. Its log says it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { currentNotePath } from "@host-service/slots";

export interface InitEnding {
  code: "exited" | "killed";
  /** The exit status, or the number of the signal. */
  status: string;
}

/** In the run directory, as `container ended` does not see what the unit's main process mounted. */
export function lxcLogPath(runDirectory: string, name: string): string {
  return currentNotePath(runDirectory, name, "lxc");
}

/**
 * The level at which it is said, into a file that is emptied at each start, also at one inside: a container that does nothing but reboot
 * must not fill the host's memory.
 */
export function lxcLogLines(path: string): string[] {
  writeFileSync(path, "", { mode: 0o600 });
  // LXC gives a hook to a shell.
  if (!existsSync(emptier) || /[^\w./-]/.test(path)) return [];
  return ["lxc.log.level = INFO", `lxc.log.file = ${path}`, `lxc.hook.start-host = ${emptier} --size=0 ${path}`];
}

const emptier = "/usr/bin/truncate";

/** Undefined where it ended well: with status 0, or by powering off, which the kernel makes a SIGINT (reboot(2)). */
export function failureOfInit(runDirectory: string, name: string): InitEnding | undefined {
  return failureIn(readIfThere(lxcLogPath(runDirectory, name)));
}

export function failureIn(log: string): InitEnding | undefined {
  // lxc_error_set_and_log of LXC's error.c.
  const last = [...log.matchAll(/Child <\d+> ended on (error|signal) \((\d+)\)/g)].at(-1);
  if (last?.[2] === undefined) return undefined;
  if (last[1] === "error") return { code: "exited", status: last[2] };
  return cleanSignals.has(last[2]) ? undefined : { code: "killed", status: last[2] };
}

/** SIGHUP for a reboot, SIGINT for a halt. */
const cleanSignals = new Set(["1", "2"]);

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
