// Knows the order of what is done with portable services: look, stage, note what is going to be tried, change, watch, and note how it ended. The
// record is written first, so that after a cut at any instant it says what the truth is to be; `reconcile` makes it so.
import { join } from "node:path";
import { realDisk } from "@host-service/disk";
import { SlotsError, listContainers, openSlots, sweepRemoved } from "@host-service/slots";
import type { CommitOptions, Slots, StatusReport } from "@host-service/slots";
import { readAttached, unitOnHost } from "../attachments/attached.ts";
import { PortableError } from "../error.ts";
import type { Inspected } from "../image/inspect.ts";
import { confusedWith, isPrefix, serviceOf } from "../image/names.ts";
import { attachedImage } from "../update/exchange.ts";
import type { Host } from "../update/target.ts";
import { attachAndStart, detach, update } from "../update/update.ts";
import { dwellDefault } from "../update/watch.ts";
import type { Dwell } from "../update/watch.ts";
import { lookInto, sweepArrivals, withArrival } from "./arrival.ts";
import type { Arrival, Unpacking } from "./arrival.ts";
import type { ArrivedFile } from "./arrived-file.ts";
import { refuseFindings } from "./judgement.ts";
import { reconcile } from "./reconcile.ts";
import { SlotImages } from "./slot-images.ts";
import { stageImage } from "./stage.ts";
import type { StageHooks, Wanted } from "./stage.ts";
import { describeService } from "./status.ts";
import type { ServiceStatus } from "./status.ts";

export interface ServicesOptions {
  host: Host;
  stateDirectory: string;
  runDirectory: string;
  bootId: string;
  now: () => Date;
  dwell?: Dwell;
}

export interface AttachHooks extends Pick<StageHooks, "beforeRecord" | "signer"> {
  unpacking: Unpacking;
}

const nothingToStop = async () => {};
export class PortableServices {
  readonly #options: ServicesOptions;
  readonly #dwell: Dwell;

  constructor(options: ServicesOptions) {
    this.#options = options;
    this.#dwell = options.dwell ?? dwellDefault;
  }

  names(): Promise<string[]> {
    return listContainers({ disk: realDisk, stateDirectory: this.#options.stateDirectory, collection: "portable" });
  }

  async status(name: string): Promise<ServiceStatus> {
    return await this.#described(await this.#slots(name).status());
  }

  /** Looks at an image as `attach` would, and changes nothing. */
  async inspect(file: ArrivedFile, wanted: Wanted, unpacking: Unpacking): Promise<Inspected> {
    return await withArrival(file, { directory: this.#directory(), unpacking }, (arrival) =>
      this.#look(arrival, wanted),
    );
  }

  /** Throws what `attach` would throw before it sees an image. */
  async checkAttach(wanted: Wanted): Promise<void> {
    await this.#refuseStranger(wanted.name, wanted.owner);
    await this.#slots(wanted.name).checkInstall();
    await this.#refuseConfusion(wanted.name);
    const { root } = this.#options.host;
    await attachedImage(root, wanted.name, await this.#paths(wanted.name));
  }

  async attach(
    file: ArrivedFile,
    wanted: Wanted,
    hooks: AttachHooks,
  ): Promise<{ status: ServiceStatus; inspected: Inspected }> {
    await this.checkAttach(wanted);
    const inspected = await withArrival(
      file,
      { directory: this.#directory(), unpacking: hooks.unpacking },
      async (arrival) => {
        const found = await this.#look(arrival, wanted);
        refuseFindings(found);
        const { now } = this.#options;
        const staging = await this.#slots(wanted.name).stage();
        await stageImage(staging, { file, arrival, inspected: found }, { ...wanted, hooks: { ...hooks, now } });
        return found;
      },
    );
    return { status: await this.#try(wanted.name), inspected };
  }

  async commit(name: string, owner: string, how?: CommitOptions): Promise<ServiceStatus> {
    await this.#refuseStranger(name, owner);
    return await this.#described(await this.#slots(name).commit(how));
  }

  /** What is left is exchanged at once; the record says so before. */
  async rollback(name: string, owner: string): Promise<ServiceStatus> {
    await this.#refuseStranger(name, owner);
    const slots = this.#slots(name);
    const before = await slots.status();
    const left = await this.#in(name).of(before.running);
    const after = await slots.rollback();
    if (after.state !== "rollback") return await this.#described(after);
    const next = await this.#in(name).of(after.nextBoot);
    if (left !== undefined) {
      if (next === undefined) await detach(this.#options.host, left);
      else await attachAndStart(this.#options.host, { from: left, to: next }, this.#dwell);
    }
    return await this.#described(await slots.endRollback(nothingToStop));
  }

  /** The service stops, and its images go. */
  async detach(name: string, owner: string): Promise<void> {
    await this.#refuseStranger(name, owner);
    const { host } = this.#options;
    const slots = this.#slots(name);
    await slots.status();
    const targets = await this.#in(name).all();
    const attached = await attachedImage(
      host.root,
      name,
      targets.map(({ image }) => image),
    );
    const target = targets.find(({ image }) => image === attached?.image);
    if (target !== undefined) await detach(host, target);
    await slots.remove();
  }

  /** At the start of the daemon: after a boot nothing is attached, and after a cut anything may be. Answers what went wrong, by name. */
  async reconcile(): Promise<Map<string, Error>> {
    const { stateDirectory } = this.#options;
    await sweepRemoved({ disk: realDisk, stateDirectory, collection: "portable" });
    await sweepArrivals(this.#directory());
    const failures = new Map<string, Error>();
    const reconcileOne = async (name: string) => {
      try {
        const { host } = this.#options;
        await reconcile({ host, dwell: this.#dwell }, { name, slots: this.#slots(name), images: this.#in(name) });
      } catch (error) {
        failures.set(name, error instanceof Error ? error : new Error(String(error)));
      }
    };
    await Promise.all((await this.names()).map(reconcileOne));
    return failures;
  }

  async #look(arrival: Arrival, { name, profile, prefixes = [name] }: Wanted): Promise<Inspected> {
    const { host } = this.#options;
    const [first = "", ...others] = prefixes;
    const unitOf = (unit: string) => unitOnHost(host.root, unit, name);
    if (![first, ...others].every(isPrefix) && arrival.kind === "raw") {
      throw new PortableError(
        "name",
        `Cannot look into the image: ${JSON.stringify(prefixes)} are no prefixes; give others with --prefix`,
      );
    }
    return await lookInto(arrival, {
      prefixes: [first, ...others],
      profile,
      portabled: host.portabled,
      host: { architecture: process.arch, unitOnHost: unitOf },
    });
  }

  async #try(name: string): Promise<ServiceStatus> {
    const slots = this.#slots(name);
    const before = await slots.status();
    const from = await this.#in(name).of(before.running);
    const to = await this.#in(name).of(before.nextBoot);
    if (to === undefined) throw new Error("Invariant: what was staged has no portable.json");
    // Durable before the first change of what is attached.
    const status = await slots.tryCandidate(nothingToStop);
    try {
      await update(this.#options.host, { from, to }, this.#dwell);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      await slots.endTrial({ result: "failed", why }, nothingToStop);
      throw error;
    }
    return await this.#described(status);
  }

  /** Whoever attached a service, and the host, may change it. */
  async #refuseStranger(name: string, caller: string): Promise<void> {
    if (caller === "host") return;
    const owner = await this.#in(name).owner();
    if (owner === undefined || owner === caller) return;
    throw new PortableError(
      "denied",
      `Cannot change "${name}": "${owner}" attached it, and "${caller}" changes its own services only`,
    );
  }

  /** systemd before 257 takes one name for the other when it detaches. */
  async #refuseConfusion(name: string): Promise<void> {
    const attached = (await readAttached(this.#options.host.root)).map(({ service }) => service);
    const other = confusedWith(name, [...(await this.names()), ...attached]);
    if (other === undefined || (await this.#options.host.systemd.version()) >= 257) return;
    const message = `Cannot attach "${name}": the systemd of this host would take it for "${other}" when it detaches one of them; choose a name that does not begin like another one`;
    throw new PortableError("name", message);
  }

  #described(report: StatusReport): Promise<ServiceStatus> {
    return describeService(this.#options.host.root, report, this.#in(report.name));
  }

  async #paths(name: string): Promise<string[]> {
    return (await this.#in(name).all()).map(({ image }) => image);
  }

  #in(name: string): SlotImages {
    return new SlotImages(this.#options.stateDirectory, name);
  }

  #directory(): string {
    return join(this.#options.stateDirectory, "portable");
  }

  #slots(name: string): Slots {
    const { bootId, now, runDirectory } = this.#options;
    if (serviceOf(name) !== name)
      throw new SlotsError("name", `Cannot use "${name}" as a service's name; choose another`);
    return openSlots({ disk: realDisk, directory: this.#in(name).directory, runDirectory, bootId, now });
  }
}
