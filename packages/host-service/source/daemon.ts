// The daemon from its start to its end: sweep, listen, say that it is ready, and when told to stop let nothing half done
// behind.
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { realDisk, releaseProgram } from "@host-service/disk";
import { openInbox, openUploads } from "@host-service/ingest";
import { runtimeOf } from "@host-service/runtime";
import { containerUnits } from "@host-service/runtime/units";
import type { ContainerUnits } from "@host-service/runtime/units";
import { forgetAllSnapshots, sweepRemoved } from "@host-service/slots";
import type { Configuration } from "./configuration/configuration.ts";
import { loadPolicy } from "./configuration/trusted-keys.ts";
import { Containers } from "./containers/containers.ts";
import { recordBootOutcomes, recordPortableOutcomes } from "./containers/boot-outcomes.ts";
import { Lifecycle } from "./containers/lifecycle.ts";
import { slotsOf } from "./containers/open-slots.ts";
import { resume } from "./containers/resume.ts";
import { Trials } from "./containers/trials/trials.ts";
import { forgettingUnits } from "./guests/forgetting-units.ts";
import { Guests } from "./guests/guests.ts";
import { offerImages } from "./guests/guest-images.ts";
import { HandOvers } from "./hand-overs/hand-overs.ts";
import { History } from "./history.ts";
import { Listeners } from "./listeners/listeners.ts";
import type { Log } from "./log.ts";
import { Portable } from "./portable/portable.ts";
import { Operations } from "./operations/registry.ts";
import { refuseDuringTrial } from "./power/during-trial.ts";
import { lockState } from "./state-lock.ts";
import { openSystemParts } from "./system/open-system.ts";
import { System } from "./system/system.ts";
import { watchTrial } from "./system/trial-checks.ts";
import { startWatchdog, tellSystemd } from "./watchdog.ts";
import { version } from "./version.ts";

export interface DaemonOptions {
  configuration: Configuration;
  bootId: string;
  /** The argv that starts this program again, for its jobs. */
  program: readonly string[];
  log: Log;
  /** What drives the containers' units, where that is not this host's systemd. */
  units?: ContainerUnits;
}

export interface Daemon {
  /** Ends what is running, closes the sockets, and resolves when nothing is left to do. */
  stop(): Promise<void>;
}

/** An operation that was told to end needs to end its children and to remove what it had unpacked. */
const windUpTimeMs = 30_000;

export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { stateDirectory } = options.configuration;
  await makePlace("state_dir", stateDirectory, 0o700);
  const lock = await lockState(stateDirectory);
  try {
    const daemon = await startLocked(options);
    return { stop: () => daemon.stop().finally(() => lock.release()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startLocked(options: DaemonOptions): Promise<Daemon> {
  const { configuration, bootId, log } = options;
  const { stateDirectory, runDirectory, limits } = configuration;
  const policy = await loadPolicy(configuration.verify.container, configuration.file);
  const parts = await openSystemParts(options);
  await makePlace("run_dir", runDirectory, 0o711);
  await makePlace("socket", dirname(configuration.socketPath), 0o755);
  const inboxOptions = { directory: join(stateDirectory, "inbox"), program: options.program, limits };
  const inbox = await openInbox(inboxOptions);
  const uploads = await openUploads(inboxOptions);
  await sweepRemoved({ disk: realDisk, stateDirectory });
  await forgetAllSnapshots({ disk: realDisk, stateDirectory });

  const history = new History({ stateDirectory, bytesMax: limits.historyBytesMax });
  const handOvers = new HandOvers();
  const operations = new Operations();
  const guests = new Guests({
    stateDirectory,
    runDirectory,
    runtimeOf: (name, config) => runtimeOf(config, configuration.grantOf(name)),
    grantOf: configuration.grantOf,
    program: options.program,
    images: offerImages(configuration.guestImages, log),
    onReady: (name) => {
      log.info("A container says that it is ready", { container: name });
      void trials.ready(name);
    },
    log,
  });
  const units = forgettingUnits(options.units ?? containerUnits(), guests);
  const slots = (name: string) => slotsOf(name, options);
  const lifecycle = new Lifecycle({ ...options, units, slots });
  const containers: Containers = new Containers({
    ...options,
    inbox,
    handOvers,
    uploads,
    policy,
    operations,
    lifecycle,
    units,
    slots,
    isReady: (name) => guests.isReady(name),
    onListChanged: async () => {
      await guests.follow();
      await listeners.follow();
    },
    trials: {
      view: (name) => trials.view(name),
      follow: (name) => trials.follow(name),
      leave: (name) => trials.leave(name),
    },
  });
  const system = new System({ parts, inbox, uploads, handOvers, operations });
  const portable = new Portable({ ...options, inbox, uploads, handOvers, operations, policy });
  const trials: Trials = new Trials({
    ...options,
    units,
    containers,
    lifecycle,
    isReady: (name) => guests.isReady(name),
    history,
    checkReboot: (except) => refuseDuringTrial("allow", { configuration, containers, system }, { except }),
  });
  const listeners = new Listeners({
    configuration,
    bootId,
    program: options.program,
    containers,
    guests,
    system,
    portable,
    uploads,
    handOvers,
    operations,
    history,
    log,
  });
  // Begun before anybody can ask for another change.
  const resumed = (await containers.names()).map((name) => ({
    name,
    ended: resume(name, { containers, lifecycle, operations, history, log }),
  }));
  void portable.reconcile((services) => recordPortableOutcomes(services, { history, bootId }));
  await recordBootOutcomes({ containers, system, history, bootId });
  await guests.follow();
  await listeners.open();
  tellSystemd(`READY=1\nSTATUS=Listening on ${configuration.socketPath}`, log);
  const watchdog = startWatchdog(process.env, log);
  log.info(`host-service ${version} is listening`, { socket: configuration.socketPath });
  const trial = watchTrial({ configuration, system, bootId, history, log });
  for (const { name, ended } of resumed) void ended.then(() => trials.follow(name));
  // Most of what the start ran is not run again.
  releaseProgram();

  return {
    stop: async () => {
      tellSystemd("STOPPING=1", log);
      log.info("Stopping");
      await trial.stop();
      await trials.stop();
      operations.stop();
      await allEnd(operations, windUpTimeMs);
      guests.close();
      await listeners.close();
      await portable.close();
      watchdog.stop();
      log.info("Stopped");
    },
  };
}

/** `key` is where the configuration names it. */
async function makePlace(key: string, path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const why =
      code === "EEXIST" || code === "ENOTDIR"
        ? "something that is not a directory is in the way; move it away"
        : `${error instanceof Error ? error.message : String(error)}; check it`;
    throw new Error(`Cannot make the directory "${path}" of ${key}: ${why}, or change ${key}`, { cause: error });
  }
}

/** The timer must not outlive the wait: it would keep the process alive after everything has ended. */
async function allEnd(operations: Operations, timeMaxMs: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => late.resolve(), timeMaxMs);
  await Promise.race([Promise.all(operations.running().map((operation) => operation.ended)), late.promise]);
  clearTimeout(timer);
}
