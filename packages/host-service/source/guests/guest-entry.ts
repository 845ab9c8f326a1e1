// One container of the guest API: its image's layer and its live one, what both make, and its sockets. Changes come one after the other.
import { createHash, randomUUID } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { parseInstanceConfig } from "@host-service/archive";
import type { InstanceConfig } from "@host-service/archive";
import { realDisk } from "@host-service/disk";
import { Guest, instanceInputs, merge, startTime } from "@host-service/guest-api";
import type { Image, Images, Layer, Membership } from "@host-service/guest-api";
import type { Grant, RuntimeName } from "@host-service/runtime";
import { containerDirectory, currentPath } from "@host-service/slots";
import { keptImageIn } from "../containers/keep-image.ts";
import type { Log } from "../log.ts";
import { GuestSockets } from "./guest-sockets.ts";
import { initFinder } from "./init-process.ts";
import { emptyLive, readLive, writeLive } from "./live.ts";
import type { Live } from "./live.ts";

export interface GuestContext {
  stateDirectory: string;
  runDirectory: string;
  /** What config.yaml says, else what the host does. */
  runtimeOf: (name: string, config: InstanceConfig) => RuntimeName;
  grantOf: (name: string) => Grant;
  /** The argv that starts this program again, for its jobs. */
  program: readonly string[];
  images: Images;
  onReady: (name: string) => Promise<void> | void;
  log: Log;
}

/** Of a container of which this boot runs no image. */
const nothingYet = parseInstanceConfig("type: container\n");

export class GuestEntry {
  readonly guest: Guest;
  readonly #context: GuestContext;
  readonly #sockets: GuestSockets;
  readonly #init: () => number | undefined;
  #live: Live = emptyLive;
  #image: Layer = { config: {}, devices: {} };
  #instance: InstanceConfig = nothingYet;
  #slot: string | undefined;
  /** Which the container may export, where the host keeps its archives. */
  #ownImage: Image | undefined;
  #runtime: RuntimeName = "none";
  #last: Promise<unknown> = Promise.resolve();

  constructor(name: string, context: GuestContext) {
    this.#context = context;
    this.#init = initFinder(name);
    this.guest = new Guest({ name, layers: [], onReady: context.onReady, life: () => this.#life() });
    this.#sockets = new GuestSockets({
      guest: this.guest,
      membership: () => this.#membership(),
      images: () => (this.#ownImage === undefined ? context.images() : [this.#ownImage, ...context.images()]),
      location: hostname(),
      runDirectory: context.runDirectory,
      onFailure: (error) => {
        const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
        context.log.error("The guest API of a container failed", { container: name, error: why });
      },
    });
  }

  get live(): Live {
    return this.#live;
  }

  get runtime(): RuntimeName {
    return this.#runtime;
  }

  /** In its unit: a container that the host's own units run is never known to. */
  get runs(): boolean {
    return this.running !== undefined;
  }

  /** Where and what it is while it runs. */
  get running(): { init: number; containerDirectory: string; slotDirectory: string } | undefined {
    const init = this.#runtime === "none" ? undefined : this.#init();
    if (init === undefined || this.#slot === undefined) return undefined;
    return { init, containerDirectory: this.#directory, slotDirectory: this.#slot };
  }

  /** Reads everything anew, and follows it. */
  open(): Promise<void> {
    return this.#inTurn(async () => {
      const { live, setAside } = await readLive(realDisk, this.#directory);
      if (setAside !== undefined) {
        this.#context.log.warn("The live configuration of a container cannot be read; it was set aside", {
          container: this.guest.name,
          path: setAside,
        });
      }
      await this.#readImage();
      await this.#settle(live);
    });
  }

  /** After what runs may have become another image. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      if (await this.#readImage()) await this.#settle(this.#live);
    });
  }

  /** Durable before the guest hears of it. `make` throws what is refused. */
  change(make: (live: Live, image: InstanceConfig) => Promise<Live> | Live): Promise<void> {
    return this.#inTurn(async () => {
      await this.#settle(await make(this.#live, this.#instance));
    });
  }

  close(): void {
    this.#sockets.close();
  }

  get #directory(): string {
    return containerDirectory(this.#context.stateDirectory, this.guest.name);
  }

  #membership(): Membership {
    return this.#runtime === "none" ? { kind: "host-root" } : { kind: "init", find: this.#init };
  }

  /** Of a container that the host's own units start only the image is known. */
  #life(): string | undefined {
    if (this.#runtime === "none") return this.#slot;
    const init = this.#init();
    return init === undefined ? undefined : `${init} since ${startTime(init)}`;
  }

  async #settle(wanted: Live): Promise<void> {
    const live = withInstance(wanted, { name: this.guest.name, layers: this.#layersWith(wanted) });
    if (live !== this.#live) await writeLive(realDisk, this.#directory, live);
    this.#live = live;
    this.guest.update(this.#layersWith(live));
    await this.#sockets.follow();
  }

  #layersWith({ config, devices, instance }: Live): Layer[] {
    const id = instance?.id;
    const volatile = id === undefined ? {} : { "volatile.cloud-init.instance-id": id };
    return [this.#image, { config: { ...config, ...volatile }, devices }];
  }

  /** Of the slot that this boot runs. True where that is another one than before. */
  async #readImage(): Promise<boolean> {
    const link = currentPath(this.#context.runDirectory, this.guest.name);
    const slot = await readlink(link).catch(() => undefined);
    if (slot === this.#slot) return false;
    this.#slot = slot;
    this.#ownImage = slot === undefined ? undefined : await this.#keptImage(slot);
    if (slot === undefined) {
      this.#image = { config: {}, devices: {} };
      this.#instance = nothingYet;
      return true;
    }
    const instance = parseInstanceConfig(await readFile(join(slot, "config.yaml"), "utf8"));
    const { config, image, volatile, devices } = instance;
    this.#instance = instance;
    this.#runtime = this.#context.runtimeOf(this.guest.name, instance);
    const texts: Record<string, Record<string, string>> = {};
    for (const [name, device] of Object.entries(devices)) texts[name] = textsOf(device);
    this.#image = {
      config: { ...config, ...image, ...volatile },
      devices: texts,
    };
    return true;
  }

  /** What cannot be read is not offered; all else goes on. */
  async #keptImage(slot: string): Promise<Image | undefined> {
    try {
      return await keptImageIn(slot);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#context.log.warn("Cannot offer a container its own image", { container: this.guest.name, why });
      return undefined;
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** Another instance-id where what calls for it is another than when it was given. */
function withInstance(live: Live, { name, layers }: { name: string; layers: readonly Layer[] }): Live {
  const inputs = createHash("sha256")
    .update(instanceInputs(name, merge(layers)))
    .digest("hex");
  if (live.instance?.inputs === inputs) return live;
  return { ...live, instance: live.instance === undefined ? { inputs } : { inputs, id: randomUUID() } };
}

function textsOf(device: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(device)) if (value !== undefined) texts[key] = value;
  return texts;
}
