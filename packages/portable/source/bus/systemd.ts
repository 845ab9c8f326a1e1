// What we ask of systemd itself. Its jobs tell how they ended by a signal, and a unit that was started may still end a moment later, so
// whoever starts one looks at it for a while.
import { PortableError } from "../error.ts";
import type { Bus } from "./bus.ts";
import type { BusSignal } from "./connection.ts";

const callTimeMaxMs = 15_000;
const jobTimeMaxMs = 120_000;

export type JobVerb = "StartUnit" | "StopUnit" | "RestartUnit";

/** What can be seen of a unit; the members of a service are empty for other kinds. */
export interface UnitView {
  loadState: string;
  activeState: string;
  subState: string;
  result: string;
  type: string;
  mainPid: number;
  restarts: number;
  /** Another one for each time that it was started. */
  invocationId: string;
  /** The image of the unit as it was last read, which need not be that of the process. */
  root: string;
  statusCode: number;
}

export interface Systemd {
  version(): Promise<number>;
  reload(): Promise<void>;
  /** Waits for the job; answers its result: "done", "failed", "dependency", "timeout", … */
  run(verb: JobVerb, unit: string): Promise<string>;
  view(unit: string): Promise<UnitView>;
  /** Forgets that it failed, and how often it was started: systemd refuses what is started too often. Fine where it is not loaded. */
  resetFailed(unit: string): Promise<void>;
  /** Ends all of its processes at once, also those that are stopped. */
  kill(unit: string): Promise<void>;
  /** The names of all units that are loaded and match a pattern, such as the instances of a template. */
  list(pattern: string): Promise<string[]>;
}

export function openSystemd(bus: Bus, limits: { callTimeMs?: number; jobTimeMs?: number } = {}): Systemd {
  const callTimeMs = limits.callTimeMs ?? callTimeMaxMs;
  const call = (member: string, signature = "", body: readonly unknown[] = []) =>
    bus.call({ ...manager, member, signature, body }, callTimeMs);
  const properties = async (path: string, from: string) => {
    const asked = { destination: manager.destination, path, interface: "org.freedesktop.DBus.Properties" };
    const [all] = await bus.call({ ...asked, member: "GetAll", signature: "s", body: [from] }, callTimeMs);
    return new Properties(all);
  };
  return {
    async version() {
      const all = await properties(manager.path, manager.interface);
      return Number(/^\d+/.exec(all.text("Version"))?.[0] ?? 0);
    },
    async reload() {
      await call("Reload");
    },
    async run(verb, unit) {
      const ended = new Map<string, string>();
      const waiting = new Map<string, (result: string) => void>();
      const heard = ({ member, body }: BusSignal) => {
        const [, job, , result] = body;
        if (member !== "JobRemoved" || typeof job !== "string" || typeof result !== "string") return;
        ended.set(job, result);
        waiting.get(job)?.(result);
      };
      // Both are for the connection there is; to ask again is harmless.
      return await bus.hearing(heard, callTimeMs, async (wait) => {
        await bus.call({ ...busItself, member: "AddMatch", signature: "s", body: [jobRemoved] }, callTimeMs);
        await call("Subscribe").catch((error: unknown) => {
          if (!(error instanceof PortableError) || error.busName !== alreadySubscribed) throw error;
        });
        const [job] = await call(verb, "ss", [unit, "replace"]);
        if (typeof job !== "string")
          throw new PortableError("reply", `Cannot read the answer to ${verb}: no job in it`);
        const result = ended.get(job);
        if (result !== undefined) return result;
        const end = new Promise<string>((resolve) => waiting.set(job, resolve));
        return await wait(end, limits.jobTimeMs ?? jobTimeMaxMs, `wait for ${verb} of "${unit}"`);
      });
    },
    async view(unit) {
      const [path] = await call("LoadUnit", "s", [unit]);
      if (typeof path !== "string")
        throw new PortableError("reply", "Cannot read the answer to LoadUnit: no path in it");
      const general = await properties(path, "org.freedesktop.systemd1.Unit");
      const special = unit.endsWith(".service")
        ? await properties(path, "org.freedesktop.systemd1.Service")
        : new Properties({});
      return {
        loadState: general.text("LoadState"),
        activeState: general.text("ActiveState"),
        subState: general.text("SubState"),
        invocationId: Buffer.from(general.bytes("InvocationID")).toString("hex"),
        result: special.text("Result"),
        type: special.text("Type"),
        mainPid: special.number("MainPID"),
        restarts: special.number("NRestarts"),
        statusCode: special.number("ExecMainStatus"),
        root: special.text("RootDirectory") || special.text("RootImage"),
      };
    },
    async resetFailed(unit) {
      await call("ResetFailedUnit", "s", [unit]).catch((error: unknown) => {
        if (!(error instanceof PortableError) || error.busName !== noSuchUnit) throw error;
      });
    },
    async kill(unit) {
      await call("KillUnit", "ssi", [unit, "all", signalKill]);
    },
    async list(pattern) {
      const [units] = await call("ListUnitsByPatterns", "asas", [[], [pattern]]);
      if (!Array.isArray(units))
        throw new PortableError("reply", "Cannot read the answer to ListUnitsByPatterns: no list");
      return units.flatMap((unit: unknown) => {
        const name: unknown = Array.isArray(unit) ? unit[0] : undefined;
        return typeof name === "string" ? [name] : [];
      });
    },
  };
}

const signalKill = 9;

const manager = {
  destination: "org.freedesktop.systemd1",
  path: "/org/freedesktop/systemd1",
  interface: "org.freedesktop.systemd1.Manager",
};

const busItself = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
};
const jobRemoved =
  "type='signal',sender='org.freedesktop.systemd1',interface='org.freedesktop.systemd1.Manager',member='JobRemoved'";
const noSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";
const alreadySubscribed = "org.freedesktop.systemd1.AlreadySubscribed";

/** `a{sv}` as the library gives it; what is not there is empty. */
class Properties {
  readonly #all: unknown;

  constructor(all: unknown) {
    this.#all = all;
  }

  text(name: string): string {
    const value = this.#value(name);
    return typeof value === "string" ? value : "";
  }

  number(name: string): number {
    const value = this.#value(name);
    return typeof value === "number" || typeof value === "bigint" ? Number(value) : 0;
  }

  bytes(name: string): Uint8Array {
    const value = this.#value(name);
    return value instanceof Uint8Array ? value : new Uint8Array();
  }

  #value(name: string): unknown {
    if (typeof this.#all !== "object" || this.#all === null) return undefined;
    const variant: unknown = Reflect.get(this.#all, name);
    return typeof variant === "object" && variant !== null ? Reflect.get(variant, "value") : undefined;
  }
}
