// Host Service on a board: its configuration on the data partition, the hook at each boot, the daemon, and the client.
import { basename, join } from "node:path";
import { type Board, type BoardOptions, type BoardSlot, type Boot, onBoard } from "./board.ts";
import type { BoardBootLoader } from "./board/environments.ts";
import type { Inside } from "./board/machine.ts";
import type { Answer, RunOptions } from "./run.ts";
import { until } from "./until.ts";

export interface BoardHostWishes {
  bootLoader: BoardBootLoader;
  /** Lines of [upgrade] beside the usual ones. */
  upgrade?: readonly string[];
  /** What reboots the board. */
  reboot?: readonly string[];
  /** The lines of [verify.system]; keys are named from `home`. */
  verify?: readonly string[];
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
const pidFile = "/run/daemon.pid";

export class BoardHost {
  readonly board: Board;
  #daemon: Inside | undefined;

  constructor(board: Board) {
    this.board = board;
  }

  /** Takes effect with the next daemon and the next hook. */
  async configure(wishes: BoardHostWishes): Promise<void> {
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
    const line = `echo $$ >${pidFile}; exec "$@" >>${log} 2>&1`;
    const daemon = (this.#daemon = this.board.start([
      "/bin/sh",
      "-c",
      line,
      "sh",
      ...prefix,
      "host-service",
      "--config",
      configuration,
    ]));
    await until("the daemon answers", async () => {
      if (daemon.exitCode !== null || daemon.signalCode !== null)
        throw new Error(`Cannot start the daemon: ${await this.log()}`);
      return (await this.hostctl("ping")).exitCode === 0;
    });
  }

  async stopDaemon(): Promise<void> {
    await this.board.run(["/bin/sh", "-c", `kill $(cat ${pidFile})`]);
    await this.#daemon?.exited;
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
  await onBoard({ ...boardOptions, bootLoader: wishes.bootLoader }, async (board) => {
    const host = new BoardHost(board);
    if (images.a !== undefined) await board.install("a", images.a);
    if (images.b !== undefined) await board.install("b", images.b);
    await board.boot();
    await host.configure(wishes);
    await host.hook();
    await host.startDaemon();
    await story(host);
  });
}

function configurationText({ bootLoader, upgrade = [], reboot = ["/sbin/reboot"], verify }: BoardHostWishes): string {
  return [
    `state_dir = ${JSON.stringify(state)}`,
    "[power]",
    'driver = "command"',
    `reboot = ${JSON.stringify(reboot)}`,
    "[limits]",
    "reserve_bytes = 1048576",
    "[upgrade]",
    'backend = "partitions"',
    `device_type = "${deviceType}"`,
    'slots = ["/dev/disk/by-partlabel/root-a", "/dev/disk/by-partlabel/root-b"]',
    `boot_environment = "${bootLoader === "u-boot" ? "u-boot" : "grub"}"`,
    ...(bootLoader === "grub-file" ? ['boot_environment_file = "/boot/efi/grub/grubenv"'] : []),
    ...upgrade,
    ...(verify === undefined ? [] : ["[verify.system]", ...verify]),
    "",
  ].join("\n");
}
