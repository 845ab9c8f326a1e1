// The containers of this host: which there are, who may change them, and what each change does. One operation at a time
// for each; the slots decide whether the state allows it.
import type { InstanceConfig } from "@host-service/archive";
import { realDisk } from "@host-service/disk";
import type { Inbox, Uploads } from "@host-service/ingest";
import { ContainerName } from "@host-service/protocol";
import type { ContainerAnswer, ContainerStatus } from "@host-service/protocol";
import { parse } from "@host-service/schema";
import type { Policy } from "@host-service/signature";
import { containerDirectory, listContainers, openSlots, SlotsError } from "@host-service/slots";
import type { Slots, StatusReport } from "@host-service/slots";
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
import type { ImageSource } from "./receive.ts";

export interface ContainersOptions {
  configuration: Configuration;
  bootId: string;
  program: readonly string[];
  inbox: Inbox;
  uploads: Uploads;
  handOvers: HandOvers;
  /** Whose images are taken. */
  policy: Policy;
  operations: Operations;
  /** A container came into being, or is gone: its listener follows. */
  onListChanged: () => Promise<void>;
}

/** In a path: the caller's own container; on the host listener the only one, or the one that the image names. */
const ownName = "~";

export class Containers {
  readonly #options: ContainersOptions;

  constructor(options: ContainersOptions) {
    this.#options = options;
  }

  names(): Promise<string[]> {
    return listContainers({ disk: realDisk, stateDirectory: this.#options.configuration.stateDirectory });
  }

  async status(name: string): Promise<ContainerStatus> {
    return this.#view(await this.#slots(name).status());
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
    const name = this.ownOrGiven(given, principal);
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
    if (action === "install" && name !== undefined) await this.#slots(name).checkInstall();
    return this.#options.operations.begin({ id, action, caller: callerOf(principal), container: name });
  }

  async install(operation: Operation, source: ImageSource): Promise<Finished> {
    const { configuration, handOvers, inbox, uploads, policy, program, operations } = this.#options;
    const installed = await install(source, operation, {
      inbox,
      uploads,
      handOvers,
      policy,
      program,
      limits: configuration.limits,
      stateDirectory: configuration.stateDirectory,
      grantOf: configuration.grantOf,
      host: "this",
      target: async (config) => {
        const name = operation.container ?? (await this.#nameOfImage(config));
        operations.claim(operation, name);
        return { name, slots: this.#slots(name) };
      },
    });
    await this.#options.onListChanged();
    const { imageId, version, signer } = installed.manifest;
    return { answer: this.#answer(operation, installed.status, installed.warnings), imageId, version, signer };
  }

  async commit(operation: Operation, options: { name: string; expect: string | undefined }): Promise<Finished> {
    const { name, expect } = options;
    operation.beginRecording();
    const status = await this.#slots(name).commit(expect === undefined ? {} : { expect });
    return this.#finished(operation, status);
  }

  async rollback(operation: Operation, name: string): Promise<Finished> {
    operation.beginRecording();
    return this.#finished(operation, await this.#slots(name).rollback());
  }

  async remove(operation: Operation, name: string): Promise<Finished> {
    operation.beginRecording();
    await this.#slots(name).remove();
    await this.#options.uploads.removeAllOf(ownerOf({ kind: "container", name }));
    await this.#options.onListChanged();
    return { answer: { removed: name, operation: operation.id } };
  }

  #finished(operation: Operation, status: StatusReport): Finished {
    const { running } = status;
    return { answer: this.#answer(operation, status, []), imageId: running?.imageId, version: running?.version };
  }

  #answer(operation: Operation, status: StatusReport, warnings: string[]): ContainerAnswer {
    const { operation: _ended, ...container } = this.#view(status);
    return { container, warnings, operation: operation.id };
  }

  #view(report: StatusReport): ContainerStatus {
    const running = this.#options.operations.runningFor(report.name);
    return { ...report, ...(running === undefined ? {} : { operation: running.id }) };
  }

  /** Undefined where the caller leaves it open; an image may say it then. */
  ownOrGiven(given: string, principal: Principal): string | undefined {
    const name = parse(ContainerName, given, { subject: "the container's name" });
    if (principal.kind === "host") return name === ownName ? undefined : name;
    if (name === ownName || name === principal.name) return principal.name;
    throw new RequestError(
      "not-allowed",
      `Cannot reach "${name}": "${principal.name}" manages itself and no other container`,
    );
  }

  /** Where neither the caller nor the image says a name, the only container is meant, and otherwise the first one comes into being. */
  async #nameOfImage(config: InstanceConfig): Promise<string> {
    if (config.name !== undefined) return config.name;
    const [only, ...others] = await this.names();
    return only !== undefined && others.length === 0 ? only : defaultName;
  }

  #slots(name: string): Slots {
    const { configuration, bootId } = this.#options;
    return openSlots({
      disk: realDisk,
      directory: containerDirectory(configuration.stateDirectory, name),
      runDirectory: configuration.runDirectory,
      bootId,
      now: () => new Date(),
    });
  }
}
