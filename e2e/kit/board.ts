// An A/B board: a disk with a real partition table, a boot environment that the real tools read and write, a played boot loader, and a machine
// whose root really is one of the two root partitions. Its disk outlives its boots; `cut` is what pulling the plug is to its programs.
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BoardDisk, type PartitionName, makeDisk, partitionNames, untilFree } from "./board/disk.ts";
import { type BoardBootLoader, type BoardEnvironment, makeBoardEnvironment } from "./board/environments.ts";
import type { Values } from "./board/firmware.ts";
import { type Inside, Machine } from "./board/machine.ts";
import { layOutPrograms } from "./board/programs.ts";
import { kernel, makeRootImage, versionIn } from "./board/root-image.ts";
import { type Sweeper, startSweeper } from "./board/sweeper.ts";
import { needsRoot, needsTools } from "./requirements.ts";
import type { Answer, RunOptions } from "./run.ts";
import { must } from "./run.ts";

export type BoardSlot = "a" | "b";

export interface BoardOptions {
  bootLoader: BoardBootLoader;
  /** The numbers of the root partitions; 1 is the environment's and 4 the data's. */
  partitions?: Readonly<Record<BoardSlot, number>>;
  /** How many boots U-Boot gives a trial. */
  bootLimit?: number;
  /** What each slot holds at first; undefined is nothing. */
  versions?: { a?: string; b?: string };
  slotBytes?: number | Readonly<Record<BoardSlot, number>>;
  dataBytes?: number;
  /** Shows the repository on the board, read-only in /opt/lent. */
  lendsSources?: boolean;
  /** Where the disk is, when memory is too small for it. */
  below?: string;
}

export interface Boot {
  slot: BoardSlot;
  bootId: string;
  /** What the boot loader and failed starts had to say. */
  notes: readonly string[];
}

const mebibyte = 1024 * 1024;
const memory = "/dev/shm";
const startsMax = 5;

export class Board {
  readonly directory: string;
  readonly partitions: Readonly<Record<BoardSlot, number>>;
  readonly #disk: BoardDisk;
  readonly #environment: BoardEnvironment;
  readonly #numbers: readonly string[];
  readonly #sweeper: Sweeper;
  #machine: Machine | undefined;
  #insistsOn: BoardSlot | undefined;

  private constructor(
    directory: string,
    partitions: Readonly<Record<BoardSlot, number>>,
    parts: { disk: BoardDisk; environment: BoardEnvironment; numbers: readonly string[]; sweeper: Sweeper },
  ) {
    this.directory = directory;
    this.partitions = partitions;
    this.#disk = parts.disk;
    this.#environment = parts.environment;
    this.#numbers = parts.numbers;
    this.#sweeper = parts.sweeper;
  }

  static async make(options: BoardOptions): Promise<Board> {
    const { partitions = { a: 2, b: 3 }, versions = { a: "release-1" }, slotBytes = 24 * mebibyte } = options;
    const below = options.below ?? (existsSync(memory) ? memory : tmpdir());
    const directory = await mkdtemp(join(below, "hs-board-"));
    const sweeper = await startSweeper(directory);
    try {
      for (const name of ["root", "sbin"]) await mkdir(join(directory, name));
      const numbers = { env: 1, "root-a": partitions.a, "root-b": partitions.b, data: 4 };
      const bytes = {
        env: mebibyte,
        "root-a": typeof slotBytes === "number" ? slotBytes : slotBytes.a,
        "root-b": typeof slotBytes === "number" ? slotBytes : slotBytes.b,
        data: options.dataBytes ?? 32 * mebibyte,
      };
      const disk = await makeDisk(directory, { numbers, bytes }, (loop) =>
        writeFile(join(directory, "loop"), `${loop}\n`),
      );
      await must(["mkfs.ext4", "-q", "-F", disk.device("data")]);
      await layOutPrograms(directory, { lendsSources: options.lendsSources === true });
      const environment = await makeBoardEnvironment(options.bootLoader, {
        directory,
        device: disk.device("env"),
        a: partitions.a,
        bootLimit: options.bootLimit ?? 1,
      });
      const named = partitionNames.map((name) => `${name}=${numbers[name]}`);
      const board = new Board(directory, partitions, { disk, environment, numbers: named, sweeper });
      for (const slot of ["a", "b"] as const) {
        const version = versions[slot];
        if (version !== undefined) await board.install(slot, await makeRootImage(version));
      }
      return board;
    } catch (error) {
      await sweeper.sweep();
      throw error;
    }
  }

  /** A partition's device, out here and on the board. */
  device(partition: BoardSlot | PartitionName): string {
    return this.#disk.device(partition === "a" || partition === "b" ? `root-${partition}` : partition);
  }

  /**
   * Switches the board on. A root that cannot be started is a reset, as a kernel's panic is. Throws where the boot loader stays at its prompt
   * or the resets do not end.
   */
  async boot(): Promise<Boot> {
    if (this.#machine?.isUp === true) throw new Error("Cannot boot the board: it is up");
    for (const name of partitionNames) await untilFree(this.device(name));
    const notes: string[] = [];
    for (let start = 0; start < startsMax; start++) {
      const part = await this.#firmware(notes);
      const slot = part === this.partitions.a ? "a" : "b";
      try {
        const root = this.device(slot);
        this.#machine = await Machine.start({ directory: this.directory, root, numbers: this.#numbers });
        return { slot, bootId: this.#machine.bootId, notes };
      } catch (error) {
        notes.push(error instanceof Error ? error.message : String(error));
      }
    }
    throw new Error(`Cannot boot the board: it resets again and again: ${notes.join("; ")}`);
  }

  /** Ends all programs in order, and boots. */
  async reboot(): Promise<Boot> {
    await this.#up().end("SIGTERM");
    return await this.boot();
  }

  /** The power goes: every program is killed where it stands. What the kernel was told is kept, as `boot` finds it. */
  async cut(): Promise<void> {
    await this.#up().end("SIGKILL");
  }

  /** Waits until the board has gone down by itself: `/sbin/reboot` was called on it. */
  async down(): Promise<void> {
    await this.#up().ended();
  }

  /** Runs a command on the board, as root; `hostctl` and the others are in its PATH. */
  run(command: readonly string[], options: RunOptions = {}): Promise<Answer> {
    return this.#up().run(command, options);
  }

  /** Starts a command on the board that goes on, as the daemon does; it ends with the boot. */
  start(command: readonly string[], env: Record<string, string> = {}): Inside {
    return this.#up().start(command, env);
  }

  /** Writes a file on the board; its root is read-only, /data is kept, and the rest lasts as long as the boot. */
  async write(path: string, text: string | Uint8Array): Promise<void> {
    const command = ["/bin/sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh", path];
    const { exitCode, stderr } = await this.run(command, { stdin: Buffer.from(text) });
    if (exitCode !== 0) throw new Error(`Cannot write "${path}" on the board: ${stderr}`);
  }

  /** The boot environment as the boot loader would read it; empty where no copy is whole. */
  async variables(): Promise<Values> {
    return (await this.#environment.read()) ?? {};
  }

  /** Changes the boot environment by hand. */
  async set(values: Values): Promise<void> {
    await this.#environment.save(values);
  }

  /** The version in a slot; undefined where no boot loader would find one. */
  contentsOf(slot: BoardSlot): Promise<string | undefined> {
    return versionIn(this.device(slot));
  }

  /** Writes an image of `makeRootImage` into a slot by hand. */
  async install(slot: BoardSlot, image: string): Promise<void> {
    await must(["dd", `if=${image}`, `of=${this.device(slot)}`, "bs=1M", "conv=fsync", "status=none"]);
  }

  /** Leaves a slot without a kernel that a boot loader could find; or, as "root", with one whose root cannot be mounted. */
  async damage(slot: BoardSlot, what: "kernel" | "root" = "kernel"): Promise<void> {
    const request = what === "kernel" ? `rm ${kernel}` : "feature has_journal";
    await must(["debugfs", "-w", "-R", request, this.device(slot)]);
  }

  /** From now on the boot loader starts this slot whatever its environment says, as a broken one does; undefined makes it whole again. */
  insistOn(slot: BoardSlot | undefined): void {
    this.#insistsOn = slot;
  }

  /** Takes all of it away, in whatever state it is. */
  async remove(): Promise<void> {
    await this.#sweeper.sweep();
  }

  async #firmware(notes: string[]): Promise<number> {
    if (this.#insistsOn !== undefined) return this.partitions[this.#insistsOn];
    const devices = new Map([
      [this.partitions.a, this.device("a")],
      [this.partitions.b, this.device("b")],
    ]);
    return await this.#environment.firmware({
      ...this.partitions,
      read: this.#environment.read,
      save: this.#environment.save,
      loads: async (part) => {
        const device = devices.get(part);
        return device !== undefined && (await versionIn(device)) !== undefined;
      },
      note: (words) => notes.push(words),
    });
  }

  #up(): Machine {
    if (this.#machine === undefined) throw new Error("Cannot use the board: it was never booted");
    return this.#machine;
  }
}

/** Why a board of this kind cannot be made here. */
export function needsBoard(bootLoader: BoardBootLoader): string | undefined {
  const tools = bootLoader === "u-boot" ? ["fw_setenv", "fw_printenv"] : ["grub-editenv", "flock"];
  const disk = ["sfdisk", "losetup", "partx", "mkfs.ext4", "debugfs", "unshare", "nsenter", "pivot_root"];
  const loops = existsSync("/dev/loop-control") ? undefined : "it needs loop devices";
  return needsRoot() ?? needsTools(...tools, ...disk) ?? loops;
}

/** A board that is switched off. Whoever makes one removes it. */
export function makeBoard(options: BoardOptions): Promise<Board> {
  return Board.make(options);
}

/** Tells a story on a board, and takes the board away. */
export async function onBoard(options: BoardOptions, story: (board: Board) => Promise<void>): Promise<void> {
  const board = await makeBoard(options);
  try {
    await story(board);
  } finally {
    await board.remove();
  }
}
