// The guest API of all containers of this host: who has one, and what is set live.
import type { ConfigChange, DeviceChange } from "@host-service/protocol";
import { join } from "node:path";
import { byBytes } from "@host-service/guest-api";
import { realDisk } from "@host-service/disk";
import { plugDevice, unplugDevice } from "@host-service/runtime/plug";
import { listContainers } from "@host-service/slots";
import { RequestError } from "../problems/request-error.ts";
import { GuestEntry } from "./guest-entry.ts";
import type { GuestContext } from "./guest-entry.ts";
import { canStartWith, checkLive } from "./check-live.ts";
import { isGuestKey, withConfig, withDevices } from "./live-changes.ts";

const shownMax = 8;

export class Guests {
  readonly #context: GuestContext;
  readonly #entries = new Map<string, GuestEntry>();
  #lastFollow: Promise<void> = Promise.resolve();

  constructor(context: GuestContext) {
    this.#context = context;
  }

  /** Opens what is new, closes what is gone, and reads anew what runs. Never rejects: one container is not the other's trouble. */
  follow(): Promise<void> {
    this.#lastFollow = this.#lastFollow.then(() => this.#follow());
    return this.#lastFollow;
  }

  close(): void {
    for (const entry of this.#entries.values()) entry.close();
    this.#entries.clear();
  }

  /** What the guest said; undefined while nobody knows. */
  isReady(name: string): boolean | undefined {
    const ready = this.#entries.get(name)?.guest.ready;
    return ready === undefined ? undefined : ready === "true";
  }

  /** For what stops and starts containers: each of the two makes a guest begin anew. */
  resetReady(name: string): void {
    this.#entries.get(name)?.guest.resetReady();
  }

  /** The image's keys and the live ones, as they count; without `volatile.*`. */
  config(name: string): Record<string, string> {
    const { config } = this.#entry(name).guest.merged;
    const known = Object.entries(config).filter(([key]) => !key.startsWith("volatile."));
    return Object.fromEntries(known.toSorted(([left], [right]) => byBytes(left, right)));
  }

  value(name: string, key: string): string {
    const config = this.config(name);
    const value = Object.hasOwn(config, key) ? config[key] : undefined;
    if (value !== undefined) return value;
    throw new RequestError("not-found", `Cannot get ${JSON.stringify(key.slice(0, 64))}: it is not set`);
  }

  /** Answers what a person should know. */
  async changeConfig(name: string, { config }: ConfigChange): Promise<string[]> {
    const entry = this.#entry(name);
    const atStart = Object.keys(config).filter((key) => !isGuestKey(key));
    await entry.change((live, image) => {
      const next = withConfig(live, config);
      const [key = ""] = atStart;
      const deed = `${config[key] === null ? "unset" : "set"} ${JSON.stringify(key.slice(0, 64))}`;
      const check = { name, grant: this.#context.grantOf(name), image, deed };
      const takesBack = atStart.every((one) => config[one] === null);
      if (atStart.length > 0 && !(takesBack && !canStartWith(live, check))) checkLive(next, check);
      return next;
    });
    this.#context.log.info("Live keys were changed", { container: name, ...shown("keys", config) });
    if (atStart.length === 0 || !entry.runs) return [];
    const what =
      atStart.length === 1 ? `"${atStart[0]}" counts` : `${atStart.map((key) => `"${key}"`).join(", ")} count`;
    return [`${what} from the next start of "${name}"; hostctl container restart --name ${name}`];
  }

  devices(name: string): Record<string, Record<string, string>> {
    return structuredClone(this.#entry(name).guest.merged.devices);
  }

  async changeDevices(name: string, { devices }: DeviceChange): Promise<void> {
    const entry = this.#entry(name);
    await entry.change(async (live, image) => {
      const next = withDevices(live, devices);
      if (this.#context.runtimeOf(name, image) === "none") return next;
      const [device = "", ...others] = Object.keys(devices);
      const isAdded = devices[device] !== null;
      const grant = this.#context.grantOf(name);
      const check = { name, grant, image, deed: `${isAdded ? "add" : "remove"} the device "${device}"` };
      const takesBack = Object.values(devices).every((one) => one === null);
      if (takesBack && !canStartWith(live, check)) return next;
      const after = checkLive(next, check);
      if (entry.running === undefined) return next;
      refuseWhileRunning(name, {
        device,
        others,
        isReplaced: entry.guest.merged.devices[device] !== undefined && isAdded,
      });
      const { program, runDirectory } = this.#context;
      const spare = join(runDirectory, ".plug");
      const options = { ...entry.running, name, device, program, spare, ownPaths: [...grant.ownPaths] };
      const plans = { before: checkLive(live, check), after };
      await (isAdded ? plugDevice(plans, options) : unplugDevice(plans, options));
      return next;
    });
    this.#context.log.info("Live devices were changed", { container: name, ...shown("devices", devices) });
  }

  #entry(name: string): GuestEntry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    throw new RequestError("not-found", `Cannot find "${name}": no such container; see hostctl container list`);
  }

  async #follow(): Promise<void> {
    await this.#attempt("Cannot follow the list of containers", {}, async () => {
      const names = await listContainers({ disk: realDisk, stateDirectory: this.#context.stateDirectory });
      for (const [name, entry] of this.#entries) {
        if (names.includes(name)) continue;
        entry.close();
        this.#entries.delete(name);
      }
      for (const name of names) {
        await this.#attempt("Cannot open the guest API of a container", { container: name }, () => this.#openFor(name));
      }
    });
  }

  async #openFor(name: string): Promise<void> {
    const known = this.#entries.get(name);
    if (known !== undefined) return await known.refresh();
    const entry = new GuestEntry(name, this.#context);
    this.#entries.set(name, entry);
    await entry.open();
  }

  async #attempt(what: string, about: Readonly<Record<string, unknown>>, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#context.log.warn(what, { ...about, why: error instanceof Error ? error.message : String(error) });
    }
  }
}

/** Each device comes or goes whole, and by itself: so that what failed has changed nothing. */
function refuseWhileRunning(
  name: string,
  { device, others, isReplaced }: { device: string; others: readonly string[]; isReplaced: boolean },
): void {
  const what = `Cannot change the devices of "${name}" while it runs`;
  if (others.length > 0)
    throw new RequestError("invalid-request", `${what}: one at a time; change the others after it`);
  if (!isReplaced) return;
  const next = "remove it first, or stop the container where config.yaml has it";
  throw new RequestError("refused-in-state", `${what}: there is a device "${device}" already; ${next}`);
}

/** Names for the log, and how many more there are. Never values. */
function shown(what: "keys" | "devices", map: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys(map);
  return { [what]: names.slice(0, shownMax), ...(names.length > shownMax ? { andMore: names.length - shownMax } : {}) };
}
