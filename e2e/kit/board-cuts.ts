// Power cuts on a board: something is killed at each of its calls that change the disk, the plug is pulled, and what the next boot finds is
// one of the systems that may run then, whole, with a record and a boot loader that agree.
import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type BoardHost, home, hookCommand, state } from "./board-host.ts";
import type { BoardSlot } from "./board.ts";
import { takeSnapshot } from "./board/snapshot.ts";
import { type CutMode, type WalkReport, crashpoint, walk } from "./crash-walk.ts";
import { worked } from "./steps.ts";

export interface CutStory {
  /** Brings a board whose hook and daemon have run to where the cuts begin. */
  before: (host: BoardHost) => Promise<void>;
  /** What is done in each boot before something is cut there. */
  afterHook?: (host: BoardHost) => Promise<void>;
  /** What is cut: the hook of the boot after that, a command to the daemon with all that the daemon starts, or another program. */
  cut: "hook" | { hostctl: readonly string[] } | { program: readonly string[] };
  /** All that the boot after it may come to; the last one is what comes of a command that was answered. */
  allowed: readonly string[];
  mode?: CutMode;
}

/** By version, the digest that the slot has to have from its start, and of how many bytes. */
export type KnownImages = ReadonlyMap<string, { sha256: string; bytes: number }>;

/** An upgrade that lies on the board, to install after each cut. */
export const nextUpgrade = join(home, "next.mender");
/** The hook's reboot leaves a word, so that the plug is pulled when it has done everything else. */
export const rebootCommand = ["/bin/touch", "/run/reboot-asked"] as const;

const program = join(home, "crashpoint");
const log = join(home, "crashpoint.log");
/** The record and all else of the state, the partitions themselves, and GRUB's files. */
const below = [`${state}/`, "/dev/loop", "/boot/efi/"];
const bootsMax = 3;

export async function cutEverywhere(
  host: BoardHost,
  { before, afterHook = async () => undefined, cut, allowed, mode = "before" }: CutStory,
  images: KnownImages,
): Promise<WalkReport & { last: string }> {
  const { board } = host;
  await host.bring(await crashpoint(), program);
  await before(host);
  await board.cut();
  return await walkFrom(host, { cut, afterHook, allowed, mode }, images);
}

async function walkFrom(
  host: BoardHost,
  { cut, afterHook, allowed, mode }: Required<Omit<CutStory, "before">>,
  images: KnownImages,
): Promise<WalkReport & { last: string }> {
  const { board } = host;
  const snapshot = await takeSnapshot(board);
  let last = "";
  let isAnswered = false;
  const report = await walk({
    mode,
    below,
    place: { program, log, readLog: async () => (await board.run(["cat", log])).stdout },
    async prepare() {
      await snapshot.restore();
      await board.boot();
      if (cut === "hook") return;
      worked(await board.run(hookCommand));
      await afterHook(host);
    },
    async run(prefix) {
      isAnswered = false;
      if (cut === "hook") await board.run([...prefix, ...hookCommand]);
      else if ("program" in cut) await board.run([...prefix, ...cut.program]);
      else isAnswered = await toldDaemon(host, cut.hostctl, prefix);
    },
    async check() {
      try {
        await board.cut();
        last = await nextSystem(host, images);
        const may = isAnswered ? allowed.slice(-1) : allowed;
        if (!may.includes(last)) throw new Error(`${last} is not one of ${may.join(", ")}`);
        await goOn(host);
      } finally {
        await board.cut();
      }
    },
  });
  return { ...report, last };
}

/** Whether it was answered as done. The daemon may be cut before it is asked, too. */
async function toldDaemon(host: BoardHost, words: readonly string[], prefix: readonly string[]): Promise<boolean> {
  try {
    await host.startDaemon(prefix);
  } catch (error) {
    // A daemon that does not start without a cut shows at the end of the walk.
    if (error instanceof Error && error.message.startsWith("Cannot start the daemon")) return false;
    throw error;
  }
  return (await host.hostctl(...words)).exitCode === 0;
}

type OnSlot = Pick<BoardHost, "board"> & { slot: BoardSlot };

/** Boots as often as the hook asks for it, and says what runs then: "normal release-1". Throws where anything of it does not fit. */
async function nextSystem({ board }: BoardHost, images: KnownImages): Promise<string> {
  for (let boot = 0; boot < bootsMax; boot++) {
    const { slot } = await board.boot();
    const version = await wholeVersion({ board, slot, images });
    const hook = await board.run(hookCommand);
    if ((await board.run(["test", "-e", "/run/reboot-asked"])).exitCode === 0) {
      await board.cut();
      continue;
    }
    if (hook.exitCode !== 0) throw new Error(`the hook ended with ${hook.exitCode}: ${hook.stdout}${hook.stderr}`);
    return `${await settledState({ board, slot })} ${version}`;
  }
  throw new Error(`the hook has asked for ${bootsMax} reboots`);
}

/** What runs, as it says itself, with each byte of the image of that name. */
async function wholeVersion({ board, slot, images }: OnSlot & { images: KnownImages }): Promise<string> {
  const version = (await board.run(["cat", "/boot/kernel"])).stdout.trim();
  const known = images.get(version);
  if (known === undefined) throw new Error(`slot ${slot} runs ${version}, which nobody made`);
  if ((await digestOf(board.device(slot), known.bytes)) === known.sha256) return version;
  throw new Error(`slot ${slot} runs ${version}, and is not that image as a whole`);
}

/** The state's name, once the record, the boot loader and another hook of the same boot agree to it. */
async function settledState({ board, slot }: OnSlot): Promise<string> {
  const readRecord = async () => (await board.run(["cat", join(state, "system/record.json")])).stdout;
  const text = await readRecord();
  const { name, active } = (JSON.parse(text) as { state: { name: string; active: { slot: string } } }).state;
  if (active.slot !== slot) throw new Error(`slot ${slot} runs, and the record says ${active.slot}`);
  const { upgrade_available: isTrial, mender_boot_part: next } = await board.variables();
  const loader = `${isTrial === "1" ? "trying" : "normal"} ${next}`;
  const expected = `${name} ${board.partitions[slot]}`;
  if (loader !== expected) throw new Error(`the boot loader is at "${loader}", and the record at "${expected}"`);
  await board.run(hookCommand);
  if ((await readRecord()) !== text) throw new Error("a second hook of the same boot changed the record");
  return name;
}

/** The next daemon has nothing in its inbox and takes another upgrade, once a trial is ended. */
async function goOn(host: BoardHost): Promise<void> {
  await host.startDaemon();
  const inbox = (await host.board.run(["ls", join(state, "inbox")])).stdout;
  if (inbox !== "") throw new Error(`${inbox.trim()} is left in the inbox`);
  if ((await host.status())[0] === "trying") worked(await host.hostctl("system", "commit"));
  worked(await host.hostctl("system", "upgrade", nextUpgrade));
}

async function digestOf(device: string, bytes: number): Promise<string> {
  const file = await open(device);
  try {
    const contents = Buffer.alloc(bytes);
    const { bytesRead } = await file.read(contents, 0, bytes, 0);
    return createHash("sha256").update(contents.subarray(0, bytesRead)).digest("hex");
  } finally {
    await file.close();
  }
}

export async function imageOf(path: string): Promise<{ sha256: string; bytes: number }> {
  const contents = await readFile(path);
  return { sha256: createHash("sha256").update(contents).digest("hex"), bytes: contents.byteLength };
}
