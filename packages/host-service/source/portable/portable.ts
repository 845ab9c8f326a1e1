// Portable services: what each call does with them. Their life is packages/portable, which is loaded when the first is asked for.
import { realpath } from "node:fs/promises";
import { realDisk } from "@host-service/disk";
import type { Inbox, Uploads } from "@host-service/ingest";
import type { Bus, PortableServices, ServiceStatus, Unpacking } from "@host-service/portable";
import type { PortableAnswer, PortableInspection, PortableStatus } from "@host-service/protocol";
import type { Policy } from "@host-service/signature";
import { listContainers, SlotsError } from "@host-service/slots";
import type { Configuration } from "../configuration/configuration.ts";
import type { HandOvers } from "../hand-overs/hand-overs.ts";
import { callerOf } from "../listeners/principal.ts";
import type { Principal } from "../listeners/principal.ts";
import type { Log } from "../log.ts";
import type { Action, Operation } from "../operations/operation.ts";
import type { Operations } from "../operations/registry.ts";
import type { Finished } from "../operations/run.ts";
import { RequestError } from "../problems/request-error.ts";
import { termsOf, withImage } from "./receive-image.ts";
import type { GivenImage } from "./receive-image.ts";
import { portableRunDirectory } from "./run-directory.ts";

export interface PortableOptions {
  configuration: Configuration;
  bootId: string;
  program: readonly string[];
  inbox: Inbox;
  uploads: Uploads;
  handOvers: HandOvers;
  operations: Operations;
  policy: Policy;
  log: Log;
}

/** One change of one service, by whom. */
export interface ServiceCall {
  name: string;
  principal: Principal;
}

/** What a service is called among the operations and in the history: no container has such a name. */
export function recordOf(name: string): string {
  return `portable/${name}`;
}

const defaultProfile = "default";
const intervalMs = 250;

export class Portable {
  readonly #options: PortableOptions;
  #loaded: Promise<{ services: PortableServices; bus: Bus }> | undefined;
  /** Settles when what was attached before is as the records say: nothing is changed before. Never rejects. */
  #reconciled: Promise<void> = Promise.resolve();

  constructor(options: PortableOptions) {
    this.#options = options;
  }

  /** The services that the caller may change. */
  async list({ principal }: Pick<ServiceCall, "principal">): Promise<PortableStatus[]> {
    const { services } = await this.#load();
    const all = await Promise.all(
      (await services.names()).map(async (name) => this.#view(await services.status(name))),
    );
    return principal.kind === "host" ? all : all.filter(({ owner }) => owner === callerOf(principal));
  }

  async status({ name, principal }: ServiceCall): Promise<PortableStatus> {
    const { services } = await this.#load();
    const status = this.#view(await services.status(name).catch(withoutService(name)));
    if (principal.kind === "host" || status.owner === callerOf(principal)) return status;
    throw missing(name);
  }

  begin(action: Action, { name, principal }: ServiceCall, id: string | undefined): Operation {
    const { operations } = this.#options;
    return operations.begin({ id, action, caller: callerOf(principal), container: recordOf(name) });
  }

  async inspect(operation: Operation, { name, principal }: ServiceCall, given: GivenImage): Promise<Finished> {
    const services = await this.#forChange();
    const wanted = this.#wanted({ name, principal }, given);
    return await withImage(given, { ...this.#options, operation }, async (file) => {
      const inspected = await services.inspect(file, wanted, this.#unpacking(operation));
      const { profile } = wanted;
      const prefixes = [...inspected.prefixes];
      const answer: PortableInspection = { name, ...inspected, prefixes, profile, operation: operation.id };
      return { answer };
    });
  }

  async attach(operation: Operation, { name, principal }: ServiceCall, given: GivenImage): Promise<Finished> {
    const services = await this.#forChange();
    const wanted = this.#wanted({ name, principal }, given);
    await services.checkAttach(wanted);
    return await withImage(given, { ...this.#options, operation }, async (file, signer) => {
      const { status, inspected } = await services.attach(file, wanted, {
        unpacking: this.#unpacking(operation),
        beforeRecord: () => operation.beginRecording(),
        ...(signer === undefined ? {} : { signer: { ...signer } }),
      });
      const warnings = inspected.findings.map(({ result, text }) => `${result}: ${text}`);
      const { imageId, version } = status.running ?? {};
      return { answer: this.#answer(operation, status, warnings), imageId, version, signer };
    });
  }

  async commit(operation: Operation, { name, principal }: ServiceCall, expect: string | undefined): Promise<Finished> {
    const services = await this.#forChange();
    operation.beginRecording();
    const how = expect === undefined ? {} : { expect };
    return this.#finished(operation, await services.commit(name, callerOf(principal), how).catch(withoutService(name)));
  }

  async rollback(operation: Operation, { name, principal }: ServiceCall): Promise<Finished> {
    const services = await this.#forChange();
    operation.beginRecording();
    return this.#finished(operation, await services.rollback(name, callerOf(principal)).catch(withoutService(name)));
  }

  async detach(operation: Operation, { name, principal }: ServiceCall): Promise<Finished> {
    const services = await this.#forChange();
    operation.beginRecording();
    await services.detach(name, callerOf(principal)).catch(withoutService(name));
    return { answer: { removed: name, operation: operation.id } };
  }

  /**
   * Attaches what the records name, which a boot or a cut has left unattached, and tells how the trials ended. Nothing is changed before.
   * Never rejects.
   */
  reconcile(tell: (services: PortableStatus[]) => Promise<void> = async () => {}): Promise<void> {
    this.#reconciled = this.#reconcile(tell);
    return this.#reconciled;
  }

  async #reconcile(tell: (services: PortableStatus[]) => Promise<void>): Promise<void> {
    const { configuration, log } = this.#options;
    try {
      const { stateDirectory } = configuration;
      const names = await listContainers({ disk: realDisk, stateDirectory, collection: "portable" });
      if (names.length === 0) return;
      const { services } = await this.#load();
      // What the hook decided is known at once, and what is found to be cut off afterwards.
      await tell(await this.list({ principal: { kind: "host" } }));
      for (const [name, error] of await services.reconcile()) {
        log.error("A portable service is not as its record says", { service: name, why: error.message });
      }
      await tell(await this.list({ principal: { kind: "host" } }));
    } catch (error) {
      log.error("Cannot attach the portable services", { why: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Where something is still being attached, the next start goes on with it. */
  async close(): Promise<void> {
    (await this.#loaded)?.bus.close();
    await this.#reconciled;
  }

  #wanted({ name, principal }: ServiceCall, given: GivenImage) {
    const { profile = defaultProfile, prefixes } = termsOf(given);
    this.#refuseProfile(profile, principal);
    return { name, profile, owner: callerOf(principal), ...(prefixes === undefined ? {} : { prefixes }) };
  }

  #refuseProfile(profile: string, principal: Principal): void {
    if (principal.kind === "host") return;
    const granted = this.#options.configuration.portable.profilesOf(principal.name);
    if (granted.includes(profile)) return;
    const line = `[containers.${principal.name}] portable_profiles = ${JSON.stringify([...granted, profile])}`;
    const message = `Cannot use the profile ${JSON.stringify(profile)}: "${principal.name}" is granted ${granted.join(", ")}; the host's administrator grants it with ${line}`;
    throw new RequestError("not-allowed", message);
  }

  async #forChange(): Promise<PortableServices> {
    await this.#reconciled;
    return (await this.#load()).services;
  }

  #load(): Promise<{ services: PortableServices; bus: Bus }> {
    this.#loaded ??= this.#open();
    return this.#loaded;
  }

  async #open(): Promise<{ services: PortableServices; bus: Bus }> {
    const { Bus, PortableServices, openPortabled, openSystemd, systemBusAddress } =
      await import("@host-service/portable");
    const { configuration, bootId } = this.#options;
    const { stateDirectory, runDirectory, portable } = configuration;
    const bus = new Bus({ address: portable.bus ?? systemBusAddress });
    const services = new PortableServices({
      host: { portabled: openPortabled(bus), systemd: openSystemd(bus), root: "/" },
      // systemd keeps the path that it is given, and older ones do not start what a link leads to.
      stateDirectory: await realpath(stateDirectory),
      runDirectory: portableRunDirectory(runDirectory),
      bootId,
      now: () => new Date(),
      dwell: { dwellMs: portable.dwellMs, intervalMs },
    });
    return { services, bus };
  }

  #unpacking(operation: Operation): Unpacking {
    const { entriesMax, unpackedBytesMax, reserveBytes } = this.#options.configuration.limits;
    return {
      program: this.#options.program,
      limits: { entriesMax, unpackedBytesMax },
      reserveBytes,
      signal: operation.signal,
      onProgress: ({ entries, bytes }) => operation.report({ phase: "unpack", part: "the image", entries, bytes }),
    };
  }

  #finished(operation: Operation, status: ServiceStatus): Finished {
    const { running } = status;
    return { answer: this.#answer(operation, status, []), imageId: running?.imageId, version: running?.version };
  }

  #answer(operation: Operation, status: ServiceStatus, warnings: string[]): PortableAnswer {
    const { operation: _ended, ...service } = this.#view(status);
    return { service, warnings, operation: operation.id };
  }

  #view(status: ServiceStatus): PortableStatus {
    const running = this.#options.operations.runningFor(recordOf(status.name));
    return { ...status, ...(running === undefined ? {} : { operation: running.id }) };
  }
}

/** The slots speak of containers. */
function withoutService(name: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof SlotsError && error.kind === "missing" ? missing(name) : error;
  };
}

function missing(name: string): RequestError {
  return new RequestError(
    "not-found",
    `Cannot find the portable service "${name}": none of that name is attached by host-service; see hostctl portable list`,
  );
}
