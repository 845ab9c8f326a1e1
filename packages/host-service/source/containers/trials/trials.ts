// The trials of all containers that are watched. That of a container that the host's own units run ends when its guest says that it is ready, or by hand.
import { SlotsError } from "@host-service/slots";
import type { TrialEnd } from "@host-service/slots";
import type { TrialStatus } from "@host-service/protocol";
import type { ContainerUnits } from "@host-service/runtime/units";
import type { Configuration } from "../../configuration/configuration.ts";
import type { History } from "../../history.ts";
import type { Log } from "../../log.ts";
import { OperationError } from "../../operations/error.ts";
import type { Action, Operation } from "../../operations/operation.ts";
import { run } from "../../operations/run.ts";
import type { Finished } from "../../operations/run.ts";
import { power } from "../../power/power.ts";
import { RequestError } from "../../problems/request-error.ts";
import type { Containers } from "../containers.ts";
import { beganAtMs, notedBegin } from "../../trials/began-at.ts";
import { configOfSlot } from "../image-config.ts";
import type { Lifecycle } from "../lifecycle.ts";
import { Watch } from "./watch.ts";
import type { Acted } from "./watch.ts";

export interface TrialsOptions {
  configuration: Configuration;
  bootId: string;
  units: ContainerUnits;
  containers: Containers;
  lifecycle: Lifecycle;
  /** What its guest said; undefined while it has said nothing. */
  isReady: (name: string) => boolean | undefined;
  history: History;
  log: Log;
  /** Throws where the host must not be rebooted now, the trial of this container aside. */
  checkReboot: (except: string) => Promise<void>;
}

const principal = { kind: "host" } as const;

export class Trials {
  readonly #options: TrialsOptions;
  readonly #watches = new Map<string, { watch: Watch; ended: Promise<void> }>();
  #isStopping = false;

  constructor(options: TrialsOptions) {
    this.#options = options;
  }

  view(name: string): TrialStatus | undefined {
    return this.#watches.get(name)?.watch.view();
  }

  /** The guest says that it is ready: what is on trial until then is committed. */
  async ready(name: string): Promise<void> {
    await this.#watches
      .get(name)
      ?.watch.ready()
      .catch((error: unknown) => this.#tell(name, error));
  }

  /** Watches the container's trial, if it is on one. */
  async follow(name: string): Promise<void> {
    await this.#follow(name).catch((error: unknown) => this.#tell(name, error));
  }

  async #follow(name: string): Promise<void> {
    const { containers, configuration, lifecycle } = this.#options;
    // That of an earlier trial has nothing left to decide.
    await this.leave(name);
    const report = await containers.report(name);
    if (report.state !== "trying" || !report.resolved || report.running === undefined) return;
    const config = await configOfSlot(configuration.stateDirectory, { name, slot: report.running.slot });
    if (config === undefined || this.#watches.has(name) || this.#isStopping) return;
    const runsInUnit = (await lifecycle.runtime(report)) !== "none";
    if (!runsInUnit && config.trial.commit !== "ready") return;
    const [note, identity] = [lifecycle.trialNote(name), lifecycle.trialIdentity(report)];
    const tried = await notedBegin(note, identity);
    // The hook notes nothing: such a trial counts from here, and has to do with every ending of this boot.
    const began = tried ?? (await beganAtMs(note, `${identity} by the boot`));
    const watch = new Watch(
      {
        ...this.#options,
        name,
        status: () => containers.report(name),
        cursorNote: lifecycle.cursorNote(name),
        commit: (imageId, why) => this.#commit(name, { expect: imageId, why }),
        end: (end) => this.#end(name, end),
      },
      { trial: config.trial, report, runsInUnit, beganAtMs: began, endingsFromMs: tried ?? 0 },
    );
    const ended = watch
      .run()
      .catch((error: unknown) => this.#tell(name, error))
      .finally(() => this.#watches.delete(name));
    this.#watches.set(name, { watch, ended });
    // It may have said so before anybody watched.
    if (this.#options.isReady(name) === true) void this.ready(name);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { watch } of this.#watches.values()) watch.stop();
    await Promise.all([...this.#watches.values()].map(({ ended }) => ended));
  }

  /** Ends the watch, whatever the container is on. */
  async leave(name: string): Promise<void> {
    const found = this.#watches.get(name);
    found?.watch.stop();
    await found?.ended;
  }

  #tell(name: string, error: unknown): void {
    // A container that was removed has no trial any more.
    if (error instanceof SlotsError && error.kind === "missing") return;
    const why = error instanceof Error ? error.message : String(error);
    this.#options.log.error("Cannot decide about a trial; commit it or roll it back by hand", { container: name, why });
  }

  async #commit(name: string, options: { expect: string; why: string }): Promise<Acted> {
    const { containers } = this.#options;
    return await this.#act("commit", name, (operation) => containers.commit(operation, { name, ...options }));
  }

  async #end(name: string, end: TrialEnd): Promise<Acted> {
    const { containers } = this.#options;
    if (await this.#mayReboot(name)) return await this.#endByReboot(name, end.why);
    return await this.#act("end-trial", name, (operation) => containers.endTrial(operation, { name, end }));
  }

  async #endByReboot(name: string, why: string): Promise<Acted> {
    const { containers, configuration, log } = this.#options;
    const acted = await this.#act("rollback", name, (operation) => containers.leaveTrial(operation, { name, why }));
    if (acted !== "done") return acted;
    log.warn("The host reboots to leave the trial of a container", { container: name, why });
    await power("reboot", configuration.power);
    return "done";
  }

  async #mayReboot(name: string): Promise<boolean> {
    const { configuration, checkReboot, log } = this.#options;
    if (!configuration.rebootsAfterTrial.has(name)) return false;
    try {
      await checkReboot(name);
      return configuration.power.driver !== "none";
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      log.warn("The container restarts instead, as the host must not reboot now", {
        container: name,
        why: error.message,
      });
      return false;
    }
  }

  async #act(action: Action, name: string, work: (operation: Operation) => Promise<Finished>): Promise<Acted> {
    const { containers, history, log } = this.#options;
    let operation: Operation;
    try {
      operation = await containers.begin(action, { name, principal, id: undefined });
    } catch (error) {
      if (error instanceof OperationError) return "busy";
      throw error;
    }
    operation.markReceived();
    await run(operation, { history, log, work: () => work(operation) });
    return operation.state.name === "done" ? "done" : "failed";
  }
}
