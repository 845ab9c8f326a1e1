// host-service on a board, and all that a refused upgrade has to leave as it was.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { json } from "./api.ts";
import type { ApiRequest, JsonAnswer } from "./api.ts";
import type { Board, BoardOptions } from "./board.ts";
import { onBoard } from "./board.ts";
import type { Inside } from "./board/machine.ts";
import { childrenOf } from "./processes.ts";
import type { Answer, RunOptions } from "./run.ts";
import { worked } from "./steps.ts";
import { until } from "./until.ts";

export interface HostWishes {
  /** Keys of [upgrade] in the place of the usual ones or beside them, as TOML; null leaves one out. */
  upgrade?: Readonly<Record<string, string | null>> | null;
  /** The lines of [verify.system]. */
  verify?: readonly string[];
  limits?: Readonly<Record<string, string | number>>;
  /** Further sections. */
  more?: readonly string[];
  /** What is on the board before the daemon starts, by its path. */
  files?: Readonly<Record<string, string | Uint8Array>>;
}

/** What the boot loader, the running system and the next upgrade depend on. */
export interface HostTraces {
  environment: string;
  running: string;
  inactive: string;
  state: unknown;
  inbox: string[];
}

const usual: Readonly<Record<string, string>> = {
  backend: '"partitions"',
  device_type: '"edge-x1"',
  slots: '["/dev/disk/by-partlabel/root-a", "/dev/disk/by-partlabel/root-b"]',
  boot_environment: '"u-boot"',
};
const configurationFile = "/data/host-service.toml";
const stateDirectory = "/data/state";
const reserveBytes = 1024 * 1024;

function configurationText({ upgrade = {}, verify = [], limits = {}, more = [] }: HostWishes): string {
  const pairs = Object.entries({ ...usual, ...upgrade }).filter(([, value]) => value !== null);
  return [
    `state_dir = "${stateDirectory}"`,
    "[power]",
    'driver = "command"',
    'reboot = ["/sbin/reboot"]',
    "[limits]",
    ...Object.entries({ reserve_bytes: reserveBytes, ...limits }).map(
      ([key, value]) => `${key} = ${JSON.stringify(value)}`,
    ),
    ...(verify.length === 0 ? [] : ["[verify.system]", ...verify]),
    ...more,
    ...(upgrade === null ? [] : ["[upgrade]", ...pairs.map(([key, value]) => `${key} = ${value}`)]),
    "",
  ].join("\n");
}

export class HostOnBoard {
  readonly board: Board;
  #daemon: { pid: number; outer: Inside } | undefined;

  constructor(board: Board) {
    this.board = board;
  }

  async configure(wishes: HostWishes): Promise<void> {
    for (const [path, contents] of Object.entries(wishes.files ?? {})) await this.board.write(path, contents);
    await this.board.write(configurationFile, configurationText(wishes));
  }

  /** The hook, as its unit calls it at each boot. */
  hook(prefix: readonly string[] = []): Promise<Answer> {
    return this.board.run([...prefix, "host-service", "boot", "--config", configurationFile]);
  }

  /** `prefix` stands before the daemon's command. */
  async startDaemon(prefix: readonly string[] = []): Promise<void> {
    const command = [...prefix, "host-service", "--config", configurationFile].join(" ");
    const outer = this.board.start(["sh", "-c", `exec ${command} 2>>/data/log >&2`]);
    const log = "/data/log";
    const pid = await until("the daemon has a process", async () => {
      if (outer.exitCode !== null)
        throw new Error(`Cannot start the daemon: ${(await this.board.run(["cat", log])).stdout}`);
      return (await childrenOf(outer.pid))[0]?.pid;
    });
    this.#daemon = { pid, outer };
    await until("the daemon answers", async () => {
      if (outer.exitCode !== null)
        throw new Error(`Cannot start the daemon: ${(await this.board.run(["cat", log])).stdout}`);
      return (await this.hostctl("ping")).exitCode === 0;
    });
  }

  async stopDaemon(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async killDaemon(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Started again with another configuration, in the same boot. */
  async restart(wishes: HostWishes): Promise<void> {
    await this.stopDaemon();
    await this.configure(wishes);
    await this.startDaemon();
  }

  /** All of the board goes down in order, and comes up with its hook and its daemon. */
  async reboot(): Promise<Answer> {
    this.#daemon = undefined;
    await this.board.reboot();
    const hook = await this.hook();
    await this.startDaemon();
    return hook;
  }

  hostctl(...words: string[]): Promise<Answer> {
    return this.hostctlWith({}, ...words);
  }

  hostctlWith(options: RunOptions, ...words: string[]): Promise<Answer> {
    return this.board.run(["hostctl", ...words], options);
  }

  /** Any other client on the board. */
  api(path: string, init: ApiRequest = {}): Promise<JsonAnswer> {
    return json(this.socket, path, init);
  }

  get daemonPid(): number {
    return this.#running().pid;
  }

  /** The host's socket, as it is seen from outside of the board. */
  get socket(): string {
    return this.seenFromOutside("/run/host-service");
  }

  seenFromOutside(path: string): string {
    return `/proc/${this.daemonPid}/root${path}`;
  }

  /** Waits until no job is left. */
  async settled(): Promise<void> {
    await until("the daemon's children have ended", async () => (await childrenOf(this.daemonPid)).length === 0);
    worked(await this.hostctl("ping"));
  }

  async record(): Promise<Record<string, unknown>> {
    const path = this.seenFromOutside(`${stateDirectory}/system/record.json`);
    return JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  }

  async traces(): Promise<HostTraces> {
    await this.settled();
    return {
      environment: await contentsOf(this.board.device("env")),
      running: await contentsOf(this.board.device("a")),
      inactive: await contentsOf(this.board.device("b")),
      state: (await this.record())["state"],
      inbox: await readdir(this.seenFromOutside(`${stateDirectory}/inbox`)).catch(() => []),
    };
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const { pid, outer } = this.#running();
    process.kill(pid, signal);
    this.#daemon = undefined;
    await outer.exited;
  }

  #running(): { pid: number; outer: Inside } {
    if (this.#daemon === undefined) throw new Error("Cannot use the daemon: it does not run");
    return this.#daemon;
  }
}

export function stateName({ state }: HostTraces): unknown {
  return typeof state === "object" && state !== null && "name" in state ? state.name : undefined;
}

/** The SHA-256 of a device or a file. */
async function contentsOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** Boots the board, and starts the hook and the daemon on it. */
export async function startHost(board: Board, wishes: HostWishes = {}): Promise<HostOnBoard> {
  await board.boot();
  const host = new HostOnBoard(board);
  await host.configure(wishes);
  worked(await host.hook());
  await host.startDaemon();
  return host;
}

export async function onHost(
  { board: options, ...wishes }: HostWishes & { board?: Partial<BoardOptions> },
  story: (host: HostOnBoard) => Promise<void>,
): Promise<void> {
  await onBoard({ bootLoader: "u-boot", ...options }, async (board) => {
    const host = await startHost(board, wishes);
    try {
      await story(host);
    } catch (error) {
      console.error(`The daemon's log:\n${(await board.run(["cat", "/data/log"])).stdout}`);
      throw error;
    }
  });
}
