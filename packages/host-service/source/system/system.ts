// The host's own system: what each call does with it. The life of its slots is packages/upgrade; which back end there is was decided
// when the daemon started.
import type { Inbox, Uploads } from "@host-service/ingest";
import type { SystemAnswer, SystemStatus } from "@host-service/protocol";
import type { SystemReport } from "@host-service/slots";
import type { HandOvers } from "../hand-overs/hand-overs.ts";
import { callerOf } from "../listeners/principal.ts";
import type { Principal } from "../listeners/principal.ts";
import type { Action, Operation } from "../operations/operation.ts";
import { systemRecord } from "../operations/registry.ts";
import type { Operations } from "../operations/registry.ts";
import type { Finished } from "../operations/run.ts";
import { RequestError } from "../problems/request-error.ts";
import type { SystemParts } from "./open-system.ts";
import { withUpgrade } from "./receive-upgrade.ts";
import type { GivenUpgrade } from "./receive-upgrade.ts";

export interface SystemOptions {
  /** Undefined where the configuration has no [upgrade]. */
  parts: SystemParts | undefined;
  inbox: Inbox;
  uploads: Uploads;
  handOvers: HandOvers;
  operations: Operations;
}

interface BeginOptions {
  principal: Principal;
  id: string | undefined;
}

export class System {
  readonly #options: SystemOptions;
  /** Settles when the last upgrade that wants to begin has begun, or may not. Never rejects. */
  #lastBegin: Promise<unknown> = Promise.resolve();

  constructor(options: SystemOptions) {
    this.#options = options;
  }

  get isConfigured(): boolean {
    return this.#options.parts !== undefined;
  }

  async status(): Promise<SystemStatus> {
    const { host } = this.#parts("show the state of");
    return this.#view(await host.status());
  }

  /** Begins an operation, after everything that can be refused without its image has been. */
  async begin(action: Action, options: BeginOptions): Promise<Operation> {
    this.#parts(action === "rollback" ? "roll back" : action);
    if (action !== "upgrade") return this.#begin(action, options);
    // One after the other: to check a device is to hold it, and whoever came meanwhile would find it busy.
    const begun = this.#lastBegin.then(() => this.#beginUpgrade(options));
    this.#lastBegin = begun.catch(() => undefined);
    return await begun;
  }

  async upgrade(operation: Operation, given: GivenUpgrade): Promise<Finished> {
    const { host, installer, allowDowngrade } = this.#parts("upgrade");
    const isWanted = given.kind === "body" ? given.allowDowngrade : given.wanted.allowDowngrade === true;
    const context = { ...this.#options, operation, takes: installer.takes };
    const { report, image } = await withUpgrade(given, context, async ({ source, terms, onJobKilled }) => {
      const request = { ...terms, provides: await host.provides() };
      return await host.upgrade(
        { installer, source, request, downgrade: { isWanted, isPermitted: allowDowngrade } },
        {
          signal: operation.signal,
          onProgress: (progress) => operation.report({ part: "the upgrade", ...progress }),
          beforeRecord: () => operation.beginRecording(),
          ...(onJobKilled === undefined ? {} : { onJobKilled }),
        },
      );
    });
    const { imageId, version, signer, warnings } = image;
    return { answer: this.#answer(operation, report, warnings), imageId, version, signer };
  }

  async commit(operation: Operation, options: { expect?: string | undefined; why?: string }): Promise<Finished> {
    const { host } = this.#parts("commit");
    operation.beginRecording();
    return { ...this.#finished(operation, await host.commit(options)), why: options.why };
  }

  async rollback(operation: Operation, options: { why?: string } = {}): Promise<Finished> {
    const { host } = this.#parts("roll back");
    operation.beginRecording();
    return { ...this.#finished(operation, await host.rollback(options)), why: options.why };
  }

  async #beginUpgrade(options: BeginOptions): Promise<Operation> {
    const { host, installer } = this.#parts("upgrade");
    // Before the tools are asked: whoever is second hears of the first, and not of a device that is busy.
    this.#options.operations.refuseSecond("upgrade", systemRecord);
    await host.checkUpgrade(installer);
    return this.#begin("upgrade", options);
  }

  #begin(action: Action, { principal, id }: BeginOptions): Operation {
    return this.#options.operations.begin({ id, action, caller: callerOf(principal), container: systemRecord });
  }

  #parts(deed: string): SystemParts {
    const { parts } = this.#options;
    if (parts !== undefined) return parts;
    throw new RequestError(
      "not-supported",
      `Cannot ${deed} the system: this host's configuration has no [upgrade]; name its back end and its two slots there`,
    );
  }

  #finished(operation: Operation, report: SystemReport): Finished {
    const { running } = report;
    return { answer: this.#answer(operation, report, []), imageId: running?.imageId, version: running?.version };
  }

  #answer(operation: Operation, report: SystemReport, warnings: string[]): SystemAnswer {
    const { operation: _ended, ...system } = this.#view(report);
    return { system, warnings, operation: operation.id };
  }

  #view(report: SystemReport): SystemStatus {
    const running = this.#options.operations.runningFor(systemRecord);
    const { backend } = this.#parts("show the state of");
    return { ...report, backend, ...(running === undefined ? {} : { operation: running.id }) };
  }
}
