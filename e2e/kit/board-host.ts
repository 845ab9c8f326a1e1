// Host Service on a board: its configuration on the data partition, the hook at each boot, the daemon, and the client.
import { basename, join } from "node:path";
import { json } from "./api.ts";
import type { ApiRequest, JsonAnswer } from "./api.ts";
import { type Board, type BoardOptions, type BoardSlot, type Boot, onBoard } from "./board.ts";
import type { BoardBootLoader } from "./board/environments.ts";
import type { Inside } from "./board/machine.ts";
import { childrenOf } from "./processes.ts";
import type { Answer, RunOptions } from "./run.ts";
import { until } from "./until.ts";

export interface BoardHostWishes {
  /** Without one, U-Boot. */
  bootLoader?: BoardBootLoader;
  /** Keys of [upgrade] in the place of the usual ones or beside them, as TOML; null leaves one out, or all of it. */
  upgrade?: Readonly<Record<string, string | null>> | null;
  /** What reboots the board. */
  reboot?: readonly string[];
  /** The lines of [verify.system]; keys are named from `home`. */
  verify?: readonly string[];
  limits?: Readonly<Record<string, string | number>>;
  /** Further sections. */
  more?: readonly string[];
  /** What is on the board before the daemon starts, by its path. */
  files?: Readonly<Record<string, string | Uint8Array>>;
}

/** What a boot came to: what the boot loader did, and what the hook said of it. */
export interface Started extends Boot {
  hook: Pick<Answer, "exitCode" | "stdout">;
}

/** Where the configuration and the state are, on the partition that outlives the boots. */
export const home = "/data/host-service";
export const state = join(home, "state");
export const deviceType = "edge-x1";
const configuration = join(home, "config.toml");
const log = join(home, "daemon.log");
const reserveBytes = 1024 * 1024;

export class BoardHost {
  readonly board: Board;
  #daemon: { pid: number; shell: Inside } | undefined;

  constructor(board: Board) {
    this.board = board;
  }

  /** Takes effect with the next daemon and the next hook. */
  async configure(wishes: BoardHostWishes): Promise<void> {
    for (const [path, contents] of Object.entries(wishes.files ?? {})) await this.board.write(path, contents);
    await this.board.write(configuration, configurationText(wishes));
  }

  /** Switches the board on: the hook, and then the daemon. */
  async boot(): Promise<Started> {
    return await this.#started(await this.board.boot());
  }

  /** Goes down in order, and boots. */
  async reboot(): Promise<Started> {
    return await this.#started(await this.board.reboot());
  }

  /** Boots a board that goes down by itself, since something on it asked for that. */
  async bootOnceDown(): Promise<Started> {
    await this.board.down();
    return await this.boot();
  }

  async hook(): Promise<Pick<Answer, "exitCode" | "stdout">> {
    const { exitCode, stdout } = await this.board.run(hookCommand);
    return { exitCode, stdout };
  }

  /** Answers when the daemon does; `prefix` stands before its command. */
  async startDaemon(prefix: readonly string[] = []): Promise<void> {
    const line = `exec "$@" >>${log} 2>&1`;
    const command = [...prefix, "host-service", "--config", configuration];
    const shell = this.board.start(["/bin/sh", "-c", line, "sh", ...command]);
    const whileItRuns = async <Value>(look: () => Promise<Value>) => {
      if (shell.exitCode !== null || shell.signalCode !== null)
        throw new Error(`Cannot start the daemon: ${await this.log()}`);
      return await look();
    };
    const pid = await until("the daemon has a process", () =>
      whileItRuns(async () => (await childrenOf(shell.pid))[0]?.pid),
    );
    this.#daemon = { pid, shell };
    await until("the daemon answers", () => whileItRuns(async () => (await this.hostctl("ping")).exitCode === 0));
  }

  async stopDaemon(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async killDaemon(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Started again with another configuration, in the same boot. */
  async restart(wishes: BoardHostWishes): Promise<void> {
    await this.stopDaemon();
    await this.configure(wishes);
    await this.startDaemon();
  }

  async log(): Promise<string> {
    return (await this.board.run(["cat", log])).stdout;
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

  /** The host's listener, as the machine sees it that plays the board. */
  get socket(): string {
    return this.seenFromOutside("/run/host-service");
  }

  /** As the machine sees it that plays the board. */
  seenFromOutside(path: string): string {
    return `/proc/${this.daemonPid}/root${path}`;
  }

  get daemonPid(): number {
    return this.#running().pid;
  }

  /** `hostctl system upgrade` of a file of the machine that plays the board, which is on the board only for that. */
  async upgrade(file: string, ...words: string[]): Promise<Pick<Answer, "exitCode" | "stdout">> {
    const path = await this.bring(file);
    const { exitCode, stdout } = await this.hostctl("system", "upgrade", path, ...words);
    return { exitCode, stdout };
  }

  /** Copies a file to the board, by default to where it lasts as long as the boot, and answers its path there. */
  async bring(file: string, path = join("/tmp", basename(file))): Promise<string> {
    const copy = 'cat >"$1" && chmod 755 "$1"';
    const { exitCode, stderr } = await this.board.run(["/bin/sh", "-c", copy, "sh", path], { stdin: Bun.file(file) });
    if (exitCode !== 0) throw new Error(`Cannot bring "${file}" to the board: ${stderr}`);
    return path;
  }

  /** The lines of `hostctl system status` with single spaces, without digests and times. */
  async status(): Promise<string[]> {
    const { stdout } = await this.hostctl("system", "status");
    const plain = stdout.replaceAll(/ [0-9a-f]{12} /g, " ").replaceAll(/ +staged \S+ \S+ UTC/g, "");
    return plain.replaceAll(/ {2,}/g, " ").trimEnd().split("\n");
  }

  /** "action result version: why" of each entry of `hostctl system history`. */
  async history(): Promise<string[]> {
    const { history } = JSON.parse((await this.hostctl("system", "history", "--json")).stdout) as {
      history: { action: string; result: string; version?: string; why?: string }[];
    };
    return history.map(
      ({ action, result, version = "-", why }) =>
        `${action} ${result} ${version}${why === undefined ? "" : `: ${why}`}`,
    );
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const { pid, shell } = this.#running();
    process.kill(pid, signal);
    this.#daemon = undefined;
    await shell.exited;
  }

  #running(): { pid: number; shell: Inside } {
    if (this.#daemon === undefined) throw new Error("Cannot use the daemon: it does not run");
    return this.#daemon;
  }

  async #started(boot: Boot): Promise<Started> {
    const hook = await this.hook();
    await this.startDaemon();
    return { ...boot, hook };
  }
}

export const hookCommand: readonly string[] = ["host-service", "boot", "--config", configuration];

export interface BoardHostOptions extends BoardHostWishes {
  board?: Omit<BoardOptions, "bootLoader">;
  /** Files of images to put into the slots before the first boot. */
  images?: Partial<Record<BoardSlot, string>>;
}

/** Tells a story on a board that runs slot a, whose hook and daemon have run once. */
export async function onBoardHost(
  { board: boardOptions, images = {}, ...wishes }: BoardHostOptions,
  story: (host: BoardHost) => Promise<void>,
): Promise<void> {
  await onBoard({ ...boardOptions, bootLoader: wishes.bootLoader ?? "u-boot" }, async (board) => {
    if (images.a !== undefined) await board.install("a", images.a);
    if (images.b !== undefined) await board.install("b", images.b);
    await story(await startHost(board, wishes));
  });
}

/** The first boot, the hook and the daemon. */
export async function startHost(board: Board, wishes: BoardHostWishes): Promise<BoardHost> {
  await board.boot();
  const host = new BoardHost(board);
  await host.configure(wishes);
  await host.hook();
  await host.startDaemon();
  return host;
}

function configurationText(wishes: BoardHostWishes): string {
  const { bootLoader = "u-boot", upgrade = {}, reboot = ["/sbin/reboot"], verify, limits = {}, more = [] } = wishes;
  const usual: Record<string, string | null> = {
    backend: '"partitions"',
    device_type: JSON.stringify(deviceType),
    slots: '["/dev/disk/by-partlabel/root-a", "/dev/disk/by-partlabel/root-b"]',
    boot_environment: bootLoader === "u-boot" ? '"u-boot"' : '"grub"',
    boot_environment_file: bootLoader === "grub-file" ? '"/boot/efi/grub/grubenv"' : null,
  };
  const keys = Object.entries({ ...usual, ...upgrade }).flatMap(([key, value]) =>
    value === null ? [] : [`${key} = ${value}`],
  );
  const limitLines = Object.entries({ reserve_bytes: reserveBytes, ...limits }).map(
    ([key, value]) => `${key} = ${JSON.stringify(value)}`,
  );
  return [
    `state_dir = ${JSON.stringify(state)}`,
    "[power]",
    'driver = "command"',
    `reboot = ${JSON.stringify(reboot)}`,
    "[limits]",
    ...limitLines,
    ...(upgrade === null ? [] : ["[upgrade]", ...keys]),
    ...(verify === undefined ? [] : ["[verify.system]", ...verify]),
    ...more,
    "",
  ].join("\n");
}
