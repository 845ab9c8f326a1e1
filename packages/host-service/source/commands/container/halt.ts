// `host-service container halt NAME` (ExecStop=): ends the container in order, within the time that its config.yaml gives it.
import { existsSync } from "node:fs";
import { notifySystemd } from "@host-service/disk";
import { readRunNote, runPathsOf, writeRunNote } from "@host-service/runtime/run";
import { loadConfiguration } from "../../configuration/configuration.ts";
import { printError } from "../../print.ts";
import { explain } from "../explain.ts";

export interface HaltOptions {
  configPath: string | undefined;
  name: string;
}

const stopTimeoutDefaultMs = 60_000;
const extraMs = 30_000;
const pollMs = 20;

/** 0 as well where it has ended already: systemd calls this whenever the unit ends. */
export async function haltContainer({ configPath, name }: HaltOptions): Promise<number> {
  try {
    const pid = Number(process.env["MAINPID"]);
    if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return 0;
    const { runDirectory } = await loadConfiguration(configPath);
    const note = readRunNote(runDirectory, name);
    const timeoutMs = note?.stopTimeoutMs ?? stopTimeoutDefaultMs;
    notifySystemd(`EXTEND_TIMEOUT_USEC=${(timeoutMs + extraMs) * 1000}`);
    // However it ends from here on, it was told to.
    if (note !== undefined) writeRunNote(runDirectory, name, { ...note, halted: true });
    if (note?.runtime === "lxc") return await haltLxc(runPathsOf(runDirectory, name).private, { name, timeoutMs, pid });
    // systemd's own SIGTERM does the same, and knows no other time than the unit's.
    if (note?.stopTimeoutMs !== undefined) await haltNspawn(pid, timeoutMs);
    return 0;
  } catch (error) {
    printError(explain(error));
    return 1;
  }
}

/**
 * lxc-stop asks, waits and then kills; for a container that ended meanwhile it has an error that is none. The signal with which it asks is in the
 * configuration, which lies where only the mounts of the unit's main process show it.
 */
async function haltLxc(
  path: string,
  { name, timeoutMs, pid }: { name: string; timeoutMs: number; pid: number },
): Promise<number> {
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  const configuration = `/proc/${pid}/root${path}/config`;
  const words = [`--name=${name}`, `--lxcpath=${path}`, `--rcfile=${configuration}`, `--timeout=${seconds}`];
  const command = ["lxc-stop", ...words];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "inherit", stderr: "inherit" });
  const status = await child.exited;
  return status === 0 || !isAlive(pid) ? 0 : 1;
}

async function haltNspawn(pid: number, timeoutMs: number): Promise<void> {
  process.kill(pid, "SIGTERM");
  const endsAt = performance.now() + timeoutMs;
  while (isAlive(pid) && performance.now() < endsAt) await Bun.sleep(pollMs);
  if (!isAlive(pid)) return;
  printError(`The container did not end within ${timeoutMs / 1000} s and is killed`);
  process.kill(pid, "SIGKILL");
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
