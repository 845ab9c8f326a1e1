// `host-service container run NAME`, the main process of the container's unit: from what this boot runs to the runtime, which it becomes.
import { realpathSync } from "node:fs";
import { realDisk, execute, notifySystemd } from "@host-service/disk";
import { findInit, planOf } from "@host-service/runtime";
import type { Plan } from "@host-service/runtime";
import { hostFilesOf, prepareContainer, writeRunNote } from "@host-service/runtime/run";
import type { Command } from "@host-service/runtime/run";
import { findRunningSlot } from "@host-service/slots";
import { kernelBootId } from "../../boot-id.ts";
import { loadConfiguration } from "../../configuration/configuration.ts";
import { printError } from "../../print.ts";
import { explain } from "../explain.ts";
import { readImage, snapshotVolumes } from "./read-image.ts";

export interface RunOptions {
  configPath: string | undefined;
  bootId: string | undefined;
  name: string;
  program: readonly string[];
}

const deed = "start the container";
/** Volumes may take long to copy; systemd waits as long as it is told to (sd_notify(3)). */
const extendEveryMs = 15_000;
const extension = "EXTEND_TIMEOUT_USEC=60000000";
/** So long may an init that says when it is ready take. */
const initExtension = "EXTEND_TIMEOUT_USEC=600000000";

export async function runContainer(options: RunOptions): Promise<number> {
  const timer = setInterval(() => notifySystemd(extension), extendEveryMs);
  try {
    const { command, plan } = await prepare(options);
    clearInterval(timer);
    notifySystemd(command.saysReady ? initExtension : "READY=1");
    const started = Math.round(performance.now());
    printError(`Starts ${plan.runtime} after ${started} ms`);
    execute(command.path, command.argv, { ...command.environment, ...notifySocket() });
  } catch (error) {
    printError(explain(error));
    return 1;
  } finally {
    clearInterval(timer);
  }
}

async function prepare(options: RunOptions): Promise<{ command: Command; plan: Plan }> {
  const { name } = options;
  const configuration = await loadConfiguration(options.configPath);
  const { runDirectory, stateDirectory } = configuration;
  const bootId = options.bootId ?? kernelBootId();
  const running = await findRunningSlot({ disk: realDisk, stateDirectory, runDirectory, name, bootId });
  if (running.warning !== undefined) printError(`Warning: ${running.warning}`);
  const { manifest, directory } = running;
  printError(`Runs slot ${running.slot}, ${manifest.version ?? manifest.imageId} (${running.standing})`);
  const grant = configuration.grantOf(name);
  const { config, meta, undoOf } = await readImage(directory, { containerDirectory: running.containerDirectory, name });
  const plan = planOf(config, { name, grant, ids: idsOf(manifest.ids, config.config, name), meta, deed, undoOf });
  const { notifies } = findInit(plan, `${directory}/rootfs`, { deed });
  writeRunNote(runDirectory, name, {
    runtime: plan.runtime,
    restart: plan.restart,
    ...(plan.stopTimeoutMs === undefined ? {} : { stopTimeoutMs: plan.stopTimeoutMs }),
  });
  const command = await prepareContainer({
    plan,
    runDirectory,
    containerDirectory: running.containerDirectory,
    slotDirectory: directory,
    ownPaths: grant.ownPaths,
    hostFiles: hostFilesOf(realpathSync(options.program[0] ?? "")),
    initNotifies: notifies,
    snapshots: {
      place: { disk: realDisk, directory: running.containerDirectory },
      manifest,
      standing: running.standing,
      volumes: await snapshotVolumes(config, running.fallbackDirectory),
      now: () => new Date(),
    },
    say: printError,
  });
  return { command, plan };
}

/** What the owners in the tree were shifted to when it was unpacked, which no later wish changes. */
function idsOf(
  ids: { base: number; count: number } | undefined,
  keys: Readonly<Record<string, string>>,
  name: string,
): { base: number; count: number } | undefined {
  const isPrivileged = ["true", "1", "yes", "on"].includes(keys["security.privileged"] ?? "");
  if (isPrivileged === (ids === undefined)) return ids;
  const why = isPrivileged
    ? "were shifted for an unprivileged container"
    : "were not shifted for an unprivileged container";
  throw new Error(`Cannot start "${name}": the owners of its tree ${why}; install its image again`);
}

function notifySocket(): Record<string, string> {
  const socket = process.env["NOTIFY_SOCKET"];
  return socket === undefined ? {} : { NOTIFY_SOCKET: socket };
}
