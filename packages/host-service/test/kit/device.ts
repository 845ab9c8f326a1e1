// A device in a temporary directory, its daemon in this process, everything else as it is: inbox, slots, jobs and sockets.
import { setDefaultTimeout } from "bun:test";
import { mkdtemp, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realDisk } from "@host-service/disk";
import type { ContainerUnits } from "@host-service/runtime/units";
import { resolveBoot } from "@host-service/slots";
import { parseConfiguration } from "../../source/configuration/configuration.ts";
import { startDaemon } from "../../source/daemon.ts";
import type { Daemon } from "../../source/daemon.ts";
import type { Log } from "../../source/log.ts";
import type { Image } from "./images.ts";
import { bundleOf } from "./images.ts";

// Installs start processes; a machine with other work to do takes its time for these.
setDefaultTimeout(60_000);

const executable = join(import.meta.dir, "..", "..", "..", "executable", "source", "main.ts");
export const program: readonly string[] = [process.execPath, executable];

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export interface CallOptions {
  /** The listener of a container; the host's where it is left out. */
  as?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  signal?: AbortSignal;
}

/** What is appended to the configuration file: tables and their keys. */
export type Wishes = string;

export class Device {
  readonly directory: string;
  readonly logged: { level: keyof Log; message: string; members: Readonly<Record<string, unknown>> }[] = [];
  #wishes: Wishes;
  #daemon: Daemon | undefined;
  #boots = 1;
  /** Where systemd is a fake that is always there. */
  units: ContainerUnits | undefined;

  private constructor(directory: string, wishes: Wishes) {
    this.directory = directory;
    this.#wishes = wishes;
  }

  static async make(wishes: Wishes = ""): Promise<Device> {
    const device = new Device(await mkdtemp(join(tmpdir(), "hs-")), wishes);
    await writeFile(device.configurationFile, device.configuration);
    return device;
  }

  get bootId(): string {
    return `boot-${this.#boots}`;
  }

  get configurationFile(): string {
    return join(this.directory, "config.toml");
  }

  get configuration(): string {
    const at = (name: string) => JSON.stringify(join(this.directory, name));
    const limits = this.#wishes.includes("[limits]") ? "" : "[limits]\nreserve_bytes = 0\n";
    return `socket = ${at("host")}\nrun_dir = ${at("run")}\nstate_dir = ${at("state")}\n${limits}${this.#wishes}`;
  }

  async start({ bootId = this.bootId }: { bootId?: string } = {}): Promise<void> {
    const write =
      (level: keyof Log) =>
      (message: string, members: Readonly<Record<string, unknown>> = {}) => {
        this.logged.push({ level, message, members });
      };
    const log = { info: write("info"), warn: write("warn"), error: write("error") };
    const configuration = parseConfiguration(this.configuration, "config.toml");
    const units = this.units === undefined ? {} : { units: this.units };
    this.#daemon = await startDaemon({ configuration, bootId, program, log, ...units });
  }

  async stop(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    await daemon?.stop();
  }

  /** Another boot: what lies below run is gone, and the hook has run. */
  async reboot(): Promise<void> {
    await this.stop();
    this.#boots += 1;
    await realDisk.removeTree(join(this.directory, "run"));
    const at = (name: string) => join(this.directory, name);
    const { bootId } = this;
    await resolveBoot({
      disk: realDisk,
      stateDirectory: at("state"),
      runDirectory: at("run"),
      bootId,
      now: () => new Date(),
    });
    await this.start();
  }

  socketOf(caller?: string): string {
    return join(this.directory, ...(caller === undefined ? ["host"] : ["run", caller, "host-service"]));
  }

  fetch(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    const { as, ...init } = options;
    return fetch(`http://device${path}`, { method, ...init, unix: this.socketOf(as), keepalive: false });
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const response = await this.fetch(method, path, options);
    const text = await response.text();
    const body = (text === "" ? {} : JSON.parse(text)) as Answer["body"];
    return { status: response.status, headers: response.headers, body };
  }

  async install(image: Image, options: CallOptions & { name?: string } = {}): Promise<Answer> {
    const { name = "~", headers, ...rest } = options;
    const body = await bundleOf(image);
    const typed = { "content-type": "application/x-tar", ...headers };
    return await this.call("POST", `/v1/containers/${name}/install`, { ...rest, headers: typed, body });
  }

  /** The files of an image, for an install that names paths. */
  async write(image: Image): Promise<{ config: { path: string }; rootfs: { path: string }; meta?: { path: string } }> {
    const put = async (name: string, contents: string | Uint8Array) => {
      const path = join(this.directory, name);
      await writeFile(path, contents);
      return { path };
    };
    const config = await put("config.yaml", image.config);
    const rootfs = await put("rootfs.tar.gz", image.rootfs);
    return { config, rootfs, ...(image.meta === undefined ? {} : { meta: await put("meta.tar.gz", image.meta) }) };
  }

  installParts(parts: object, options: CallOptions & { name?: string } = {}): Promise<Answer> {
    const { name = "~", ...rest } = options;
    const headers = { "content-type": "application/json", ...rest.headers };
    const body = JSON.stringify(parts);
    return this.call("POST", `/v1/containers/${name}/install`, { ...rest, headers, body });
  }

  /** Everything below the state but the history and the daemon's own lock, with the record's text: what a refused request must not change. */
  async kept(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    const state = join(this.directory, "state");
    for (const entry of await readdir(state, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(state.length + 1);
      if (name === "history.ndjson" || name === "lock") continue;
      if (entry.isSymbolicLink()) found[name] = await readlink(path);
      else found[name] = entry.isFile() ? await readFile(path, "latin1") : "/";
    }
    return found;
  }

  async remove(): Promise<void> {
    await this.stop();
    await realDisk.removeTree(this.directory);
  }
}

/** Gives a device whose daemon runs, and removes it whatever happens. */
export async function onDevice(use: (device: Device) => Promise<void>, wishes?: Wishes): Promise<void> {
  const device = await Device.make(wishes);
  try {
    await device.start();
    await use(device);
  } finally {
    await device.remove();
  }
}
