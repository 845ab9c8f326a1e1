// A device in a temporary directory: its configuration, its daemon, its boots, and the clients on the host and in the containers.
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realDisk } from "@host-service/disk";
import { request } from "./api.ts";
import type { ConfigurationWishes, Paths } from "./configuration.ts";
import { configurationText } from "./configuration.ts";
import { environment, program } from "./program.ts";
import type { Answer, RunOptions } from "./run.ts";
import { asRoot, run } from "./run.ts";
import { until } from "./until.ts";

export interface DeviceOptions extends ConfigurationWishes {
  /** For bodies of gigabytes: a directory on a real disk. Sockets stay in the temporary directory, as their paths are short. */
  stateBelow?: string;
  /** Where syncing costs nothing, if the machine has that: for stories of hundreds of steps. */
  inMemory?: boolean;
}

interface DaemonOptions {
  bootId?: string;
  cwd?: string;
  env?: Record<string, string>;
  /** What starts the daemon, and becomes it. */
  wrapper?: readonly string[];
}

type Daemon = Bun.Subprocess<"ignore", number, number>;

const memory = "/dev/shm";
const startTimeMaxMs = 20_000;

export class Device {
  readonly directory: string;
  readonly paths: Paths;
  readonly configuration: string;
  readonly logFile: string;
  #daemon: Daemon | undefined;
  #boots = 1;

  private constructor(directory: string, stateDirectory: string) {
    this.directory = directory;
    this.configuration = join(directory, "config.toml");
    this.logFile = join(directory, "daemon.log");
    this.paths = {
      socket: join(directory, "host-service"),
      runDirectory: join(directory, "run"),
      stateDirectory,
      powerLog: join(directory, "power.log"),
    };
  }

  /** A device that was never booted: no daemon runs. */
  static async make(options: DeviceOptions = {}): Promise<Device> {
    const isInMemory = options.inMemory === true && existsSync(memory);
    const directory = await mkdtemp(join(isInMemory ? memory : tmpdir(), "hs-"));
    const below = options.stateBelow === undefined ? directory : await mkdtemp(join(options.stateBelow, "hs-"));
    const device = new Device(directory, join(below, "state"));
    await device.configure(options);
    return device;
  }

  /** `bootId` of the boot that the device is in. */
  get bootId(): string {
    return `boot-${this.#boots}`;
  }

  get socket(): string {
    return this.paths.socket;
  }

  get daemonPid(): number {
    if (this.#daemon === undefined) throw new Error("Cannot tell the daemon's process: it does not run");
    return this.#daemon.pid;
  }

  /** The socket of a container, as it is in the container's own directory. */
  socketOf(container: string): string {
    return join(this.paths.runDirectory, container, "host-service");
  }

  containerDirectory(container = "edge"): string {
    return join(this.paths.stateDirectory, "containers", container);
  }

  slot(name: "a" | "b", container = "edge"): string {
    return join(this.containerDirectory(container), "slots", name);
  }

  async configure(wishes: ConfigurationWishes): Promise<void> {
    await writeFile(this.configuration, configurationText(this.paths, wishes));
  }

  /** Answers when the daemon does. */
  async startDaemon(options: DaemonOptions = {}): Promise<void> {
    if (this.#daemon !== undefined) throw new Error("Cannot start the daemon: it runs already");
    const command = [
      ...(options.wrapper ?? []),
      ...program("host-service"),
      "--config",
      this.configuration,
      "--boot-id",
      options.bootId ?? this.bootId,
    ];
    // Every daemon of the device writes behind the one before.
    const log = openSync(this.logFile, "a");
    const daemon: Daemon = Bun.spawn(command, {
      env: { ...environment, ...options.env },
      cwd: options.cwd ?? this.directory,
      stdin: "ignore",
      stdout: log,
      stderr: log,
    });
    closeSync(log);
    this.#daemon = daemon;
    await until(
      "the daemon answers",
      async () => {
        if (daemon.exitCode !== null || daemon.signalCode !== null) {
          this.#daemon = undefined;
          throw new Error(
            `Cannot start the daemon: it ended with ${daemon.exitCode}: ${await readFile(this.logFile, "utf8")}`,
          );
        }
        return await this.#answers();
      },
      startTimeMaxMs,
    );
  }

  /** SIGTERM, and what it answers with. */
  async stopDaemon(): Promise<number> {
    return await this.#end("SIGTERM");
  }

  /** SIGKILL: nothing of the daemon's own hand happens any more. */
  async killDaemon(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** The hook, as the units call it. */
  boot(): Promise<Answer> {
    return run(this.bootCommand(), { cwd: this.directory });
  }

  bootCommand(): string[] {
    return [...program("host-service"), "boot", "--config", this.configuration, "--boot-id", this.bootId];
  }

  /** What a reboot is to us: the daemon ends, /run is empty, the hook runs, the daemon starts. */
  async reboot(options: { by?: "stop" | "kill"; daemon?: boolean } = {}): Promise<Answer> {
    if (this.#daemon !== undefined) await (options.by === "kill" ? this.killDaemon() : this.stopDaemon());
    await this.nextBoot();
    const hook = await this.boot();
    if (options.daemon !== false) await this.startDaemon();
    return hook;
  }

  /** Another boot begins: what was below /run is gone, and nothing has run yet. */
  async nextBoot(): Promise<void> {
    this.#boots += 1;
    await rm(this.paths.runDirectory, { recursive: true, force: true });
    await rm(this.paths.socket, { force: true });
  }

  async seed(...operands: string[]): Promise<Answer> {
    return asRoot(await run(this.seedCommand(...operands), { cwd: this.directory }));
  }

  seedCommand(...operands: string[]): string[] {
    return [...program("host-service"), "seed", "--config", this.configuration, ...operands];
  }

  checkConfiguration(): Promise<Answer> {
    return run([...program("host-service"), "check-config", "--config", this.configuration], { cwd: this.directory });
  }

  /** On the host. */
  hostctl(...words: string[]): Promise<Answer> {
    return this.hostctlWith({}, ...words);
  }

  async hostctlWith(options: RunOptions & { socket?: string }, ...words: string[]): Promise<Answer> {
    const env = { HOST_SERVICE_SOCKET: options.socket ?? this.socket, ...options.env };
    return asRoot(
      await run([...program("hostctl"), ...words], { ...options, cwd: options.cwd ?? this.directory, env }),
    );
  }

  /** In a container: by its own listener. */
  hostctlIn(container: string, ...words: string[]): Promise<Answer> {
    return this.hostctlWith({ socket: this.socketOf(container) }, ...words);
  }

  /** The first line of `hostctl container status`. */
  async state(container?: string): Promise<string> {
    const name = container === undefined ? [] : ["--name", container];
    const { stdout } = await this.hostctl("container", "status", ...name);
    return stdout.split("\n")[0] ?? "";
  }

  async status(container = "edge"): Promise<Record<string, unknown>> {
    const { stdout } = await this.hostctl("container", "status", "--name", container, "--json");
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** What a runtime would start: the directory that the hook points to. */
  async current(container = "edge"): Promise<string | undefined> {
    return await realDisk.readLink(join(this.paths.runDirectory, ".current", container));
  }

  async record(container = "edge"): Promise<Record<string, unknown>> {
    return JSON.parse(await readFile(join(this.containerDirectory(container), "record.json"), "utf8")) as Record<
      string,
      unknown
    >;
  }

  async inbox(): Promise<string[]> {
    const directory = join(this.paths.stateDirectory, "inbox");
    return await readdir(directory).catch(() => []);
  }

  async powerLog(): Promise<string> {
    return await readFile(this.paths.powerLog, "utf8").catch(() => "");
  }

  async log(): Promise<string> {
    return await readFile(this.logFile, "utf8").catch(() => "");
  }

  async cleanUp(): Promise<void> {
    if (this.#daemon !== undefined) await this.killDaemon();
    for (const path of [join(this.paths.stateDirectory, ".."), this.directory]) {
      await mkdir(path, { recursive: true });
      await realDisk.removeTree(path);
    }
  }

  async #answers(): Promise<boolean> {
    try {
      return (await request(this.socket, "/v1/ping")).ok;
    } catch {
      return false;
    }
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<number> {
    const daemon = this.#daemon;
    if (daemon === undefined) throw new Error("Cannot end the daemon: it does not run");
    this.#daemon = undefined;
    daemon.kill(signal);
    await daemon.exited;
    return daemon.exitCode ?? -1;
  }
}
