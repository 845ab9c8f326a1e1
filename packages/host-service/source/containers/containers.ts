// The containers of this host: which there are, who may change them, and what each change does. One operation at a time
// for each; the slots decide whether the state allows it.
import type { InstanceConfig } from "@host-service/archive";
import { realDisk } from "@host-service/disk";
import type { Inbox, Uploads } from "@host-service/ingest";
import type { ContainerAnswer, ContainerStatus, TrialStatus } from "@host-service/protocol";
import type { Policy } from "@host-service/signature";
import type { ContainerUnits } from "@host-service/runtime/units";
import { listContainers, SlotsError } from "@host-service/slots";
import type { Slots, StatusReport, TrialEnd } from "@host-service/slots";
import type { Configuration } from "../configuration/configuration.ts";
import type { HandOvers } from "../hand-overs/hand-overs.ts";
import { callerOf, ownerOf } from "../listeners/principal.ts";
import type { Principal } from "../listeners/principal.ts";
import type { Action, Operation } from "../operations/operation.ts";
import type { Operations } from "../operations/registry.ts";
import type { Finished } from "../operations/run.ts";
import { RequestError } from "../problems/request-error.ts";
import { defaultName } from "./default-name.ts";
import { install } from "./install.ts";
import { isDeed, type Lifecycle } from "./lifecycle.ts";
import type { ImageSource } from "./receive.ts";
import { ownOrGiven } from "./own-or-given.ts";
import { viewOf } from "./view.ts";

export interface ContainersOptions {
  configuration: Configuration;
  program: readonly string[];
  inbox: Inbox;
  uploads: Uploads;
  handOvers: HandOvers;
  /** Whose images are taken. */
  policy: Policy;
  operations: Operations;
  lifecycle: Lifecycle;
  units: ContainerUnits;
  slots: (name: string) => Slots;
  /** What its guest said; undefined while it has said nothing. */
  isReady: (name: string) => boolean | undefined;
  /** A container came into being, or is gone: its listeners follow. */
  onListChanged: () => Promise<void>;
  trials: {
    view: (name: string) => TrialStatus | undefined;
    /** A trial may have begun. */
    follow: (name: string) => Promise<void>;
    /** The container is going to be removed. */
    leave: (name: string) => Promise<void>;
  };
}

export class Containers {
  readonly #options: ContainersOptions;

  constructor(options: ContainersOptions) {
    this.#options = options;
  }

  names(): Promise<string[]> {
    return listContainers({ disk: realDisk, stateDirectory: this.#options.configuration.stateDirectory });
  }

  async status(name: string): Promise<ContainerStatus> {
    return await this.#view(await this.report(name));
  }

  /** Its state as the record has it, without what runs it. */
  report(name: string): Promise<StatusReport> {
    return this.#options.slots(name).status();
  }

  /** Of every container; one that is removed meanwhile is left out. */
  async statuses(): Promise<ContainerStatus[]> {
    const statuses = (await this.names()).map(async (name) => {
      try {
        return [await this.status(name)];
      } catch (error) {
        if (error instanceof SlotsError && error.kind === "missing") return [];
        throw error;
      }
    });
    return (await Promise.all(statuses)).flat();
  }

  /** The container that a caller means by the name in a path. */
  async resolveName(given: string, principal: Principal): Promise<string> {
    const name = ownOrGiven(given, principal);
    if (name !== undefined) return name;
    const names = await this.names();
    const [only, ...others] = names;
    if (only === undefined) {
      throw new RequestError(
        "not-found",
        "Cannot find a container: none is installed yet; see hostctl container install",
      );
    }
    if (others.length === 0) return only;
    throw new RequestError(
      "invalid-request",
      `Cannot tell which container is meant: there are ${names.join(", ")}; choose with --name`,
    );
  }

  /** Begins an operation, after everything that can be refused without its image has been. */
  async begin(
    action: Action,
    options: { name: string | undefined; principal: Principal; id: string | undefined },
  ): Promise<Operation> {
    const { name, principal, id } = options;
    if (action === "install" && name !== undefined) await this.#options.slots(name).checkInstall();
    if (isDeed(action) && name !== undefined) await this.#options.lifecycle.check(action, name);
    return this.#options.operations.begin({ id, action, caller: callerOf(principal), container: name });
  }

  async install(operation: Operation, source: ImageSource): Promise<Finished> {
    const { configuration, operations } = this.#options;
    const { limits, stateDirectory, grantOf, keepsImages } = configuration;
    const installed = await install(source, operation, {
      ...this.#options,
      limits,
      stateDirectory,
      grantOf,
      keepsImages,
      host: "this",
      target: async (config) => {
        const name = operation.container ?? (await this.#nameOfImage(config));
        operations.claim(operation, name);
        return { name, slots: this.#options.slots(name) };
      },
    });
    await this.#options.onListChanged();
    const { imageId, version, signer } = installed.manifest;
    return { answer: await this.#answer(operation, installed.status, installed.warnings), imageId, version, signer };
  }

  async commit(
    operation: Operation,
    { name, ...how }: { name: string; expect: string | undefined; why?: string },
  ): Promise<Finished> {
    operation.beginRecording();
    return { ...(await this.#finished(operation, await this.#options.slots(name).commit(how))), why: how.why };
  }

  async rollback(operation: Operation, name: string): Promise<Finished> {
    operation.beginRecording();
    return await this.#finished(operation, await this.#options.slots(name).rollback());
  }

  /** Throws where its log is not this daemon's to show. */
  checkLogs(name: string): Promise<StatusReport> {
    return this.#options.lifecycle.check("logs", name);
  }

  /** What a caller that may end with its container is answered before: everything that can be refused was. */
  async answerBefore(operation: Operation, name: string): Promise<ContainerAnswer> {
    const warning = `this answer comes before the ${operation.action}, as it may end who asked for it; see hostctl container history`;
    return await this.#answer(operation, await this.report(name), [warning]);
  }

  async start(operation: Operation, name: string): Promise<Finished> {
    return await this.#run(operation, name, () => this.#options.lifecycle.start(name));
  }

  async stop(operation: Operation, name: string): Promise<Finished> {
    return await this.#run(operation, name, () => this.#options.lifecycle.stop(name));
  }

  async restart(operation: Operation, name: string): Promise<Finished> {
    return await this.#run(operation, name, () => this.#options.lifecycle.restart(name));
  }

  /** Brings to its end what a daemon was doing that died, and says what runs now. */
  async repair(operation: Operation, name: string): Promise<Finished> {
    const finished = await this.#run(operation, name, () => this.#options.lifecycle.repair(name));
    return { ...finished, why: "a change of what runs had been cut off with the daemon" };
  }

  async tryCandidate(operation: Operation, name: string): Promise<Finished> {
    operation.beginRecording();
    // That of an earlier trial has nothing left to decide, and leaves its notes.
    await this.#options.trials.leave(name);
    const { report, warnings } = await this.#options.lifecycle.tryCandidate(name);
    await this.#options.trials.follow(name);
    return await this.#finished(operation, report, warnings);
  }

  /** The trial is over, in this boot. */
  async endTrial(operation: Operation, { name, end }: { name: string; end: TrialEnd }): Promise<Finished> {
    operation.beginRecording();
    const { report, warnings } = await this.#options.lifecycle.endTrial(name, end);
    return { ...(await this.#finished(operation, report, warnings)), ...ofOutcome(report) };
  }

  /** The trial is over with the next boot, and what runs ends now. */
  async leaveTrial(operation: Operation, { name, why }: { name: string; why: string }): Promise<Finished> {
    operation.beginRecording();
    return { ...(await this.#finished(operation, await this.#options.lifecycle.leaveTrial(name, why))), why };
  }

  async remove(operation: Operation, name: string): Promise<Finished> {
    operation.beginRecording();
    await this.#options.trials.leave(name);
    await this.#options.lifecycle.remove(name);
    await this.#options.uploads.removeAllOf(ownerOf({ kind: "container", name }));
    await this.#options.onListChanged();
    return { answer: { removed: name, operation: operation.id } };
  }

  async #run(operation: Operation, name: string, act: () => Promise<void>): Promise<Finished> {
    operation.beginRecording();
    await act();
    return await this.#finished(operation, await this.report(name));
  }

  async #finished(operation: Operation, status: StatusReport, warnings: string[] = []): Promise<Finished> {
    const { running } = status;
    const answer = await this.#answer(operation, status, warnings);
    return { answer, imageId: running?.imageId, version: running?.version };
  }

  async #answer(operation: Operation, status: StatusReport, warnings: string[]): Promise<ContainerAnswer> {
    const { operation: _ended, ...container } = await this.#view(status);
    return { container, warnings, operation: operation.id };
  }

  #view(report: StatusReport): Promise<ContainerStatus> {
    const { configuration, lifecycle, units, operations, trials, isReady } = this.#options;
    const { runDirectory } = configuration;
    return viewOf(report, { lifecycle, units, runDirectory, operations, trialOf: trials.view, isReady });
  }

  /** Where neither the caller nor the image says a name, the only container is meant, and otherwise the first one comes into being. */
  async #nameOfImage(config: InstanceConfig): Promise<string> {
    if (config.name !== undefined) return config.name;
    const [only, ...others] = await this.names();
    return only !== undefined && others.length === 0 ? only : defaultName;
  }
}

/** What the history is to say of a trial that was ended: which image, how and why. */
function ofOutcome({ outcome }: StatusReport): Pick<Finished, "imageId" | "version" | "code" | "why"> {
  if (outcome === undefined) return {};
  return { imageId: outcome.imageId, version: outcome.version, code: outcome.result, why: outcome.why };
}
