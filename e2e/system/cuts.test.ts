// The power goes at every call that changes the state, the boot environment or a slot, counted over the daemon, its jobs and the tools of the
// boot loader together. Whatever boots then is the old system or the new one, whole, and can be upgraded.
import { expect } from "bun:test";
import { open, readFile } from "node:fs/promises";
import type { Board } from "../kit/board.ts";
import { needsBoard, onBoard } from "../kit/board.ts";
import { crashpoint } from "../kit/crash-walk.ts";
import { HostOnBoard } from "../kit/host-on-board.ts";
import { needsTools, testUnless } from "../kit/requirements.ts";
import type { Answer } from "../kit/run.ts";
import { worked } from "../kit/steps.ts";
import { artifactOf, imageOf, status, upgrade, upgradeFile, wishesFor } from "../kit/upgrades.ts";

/** What is cut: how the host comes to it, what happens, and which systems may run after the next boot. */
interface Story {
  arrange: (host: HostOnBoard) => Promise<void>;
  /** The hook is the command itself; everything else is asked of the daemon. */
  act: "hook" | ((host: HostOnBoard) => Promise<Answer>);
  /** Versions that the next boot may run, where it was not acknowledged and where it was. */
  cut: readonly string[];
  done: readonly string[];
  pointsMin: number;
  /** The slot was written, and has never been booted. */
  writes?: true;
}

const onTrial = async (host: HostOnBoard) => {
  await upgrade(host, "release-2");
  await host.reboot();
};

const stories: Readonly<Record<string, Story>> = {
  "an upgrade": {
    arrange: async (host) => host.board.write(upgradeFile, await artifactOf("release-2")),
    act: (host) => host.hostctl("system", "upgrade", upgradeFile),
    cut: ["release-1", "release-2"],
    done: ["release-2"],
    pointsMin: 20,
    writes: true,
  },
  "a commit": {
    arrange: onTrial,
    act: (host) => host.hostctl("system", "commit"),
    cut: ["release-1", "release-2"],
    done: ["release-2"],
    pointsMin: 4,
  },
  "a rollback": {
    arrange: onTrial,
    act: (host) => host.hostctl("system", "rollback"),
    cut: ["release-1"],
    done: ["release-1"],
    pointsMin: 4,
  },
  "the hook that begins a trial": {
    arrange: async (host) => {
      await upgrade(host, "release-2");
      await host.board.reboot();
    },
    act: "hook",
    cut: ["release-1"],
    done: ["release-1"],
    pointsMin: 3,
  },
  "the hook after a trial": {
    arrange: async (host) => {
      await onTrial(host);
      await host.board.reboot();
    },
    act: "hook",
    cut: ["release-1"],
    done: ["release-1"],
    pointsMin: 3,
  },
};

const log = "/run/calls";
const program = "/run/crashpoint";
const pointsMax = 300;
const needs = [
  needsBoard("u-boot"),
  needsTools("cc"),
  process.arch === "x64" ? undefined : "crashpoint reads the registers of x86-64",
];

for (const [name, story] of Object.entries(stories)) {
  testUnless(
    needs,
    `${name}, cut before every call of its processes, boots the old system or the new one`,
    async () => {
      const broken: string[] = [];
      let points = 0;
      for (; points < pointsMax; points++) {
        const { call, problem } = await cutAt(points + 1, story);
        if (problem !== undefined) broken.push(`${call ?? "not cut"}: ${problem}`);
        if (call === undefined) break;
      }
      console.error(`${name}: ${points} points`);
      expect(broken).toEqual([]);
      expect(points).toBeGreaterThanOrEqual(story.pointsMin);
      expect(points).toBeLessThan(pointsMax);
    },
  );
}

testUnless(needs, "the check sees a slot that was switched to before it was written", async () => {
  const planted: Story = {
    arrange: async ({ board }) => {
      const { mender_boot_part: _, ...values } = await board.variables();
      await board.set({ ...values, mender_boot_part: "3", mender_boot_part_hex: "3", upgrade_available: "0" });
    },
    act: "hook",
    cut: ["release-1"],
    done: ["release-1"],
    pointsMin: 0,
  };
  expect((await cutAt(1, planted)).problem).toContain("Cannot boot the board");
});

interface Cut {
  /** The call that was not made; undefined where all were. */
  call: string | undefined;
  problem: string | undefined;
}

function cutAt(point: number, story: Story): Promise<Cut> {
  let cut: Cut = { call: undefined, problem: "the story did not end" };
  return onBoard({ bootLoader: "u-boot" }, async (board) => {
    const host = await begin(board);
    await story.arrange(host);
    const { call, isAcknowledged } = await act(host, point, story);
    await board.cut();
    const allowed = isAcknowledged ? story.done : story.cut;
    // Before its first boot: a kernel that mounts it, even to read, notes that in the journal.
    if (story.writes === true && (await board.variables())["mender_boot_part"] === "3") {
      await expectWhole(board.device("b"), "release-2");
    }
    cut = { call, problem: await problemOf(() => checkLater(host, allowed)) };
  }).then(() => cut);
}

/** A host with a history of its own: what it came with, and release-1 committed beside it would be a longer story. */
async function begin(board: Board): Promise<HostOnBoard> {
  await board.boot();
  const host = new HostOnBoard(board);
  await host.configure(wishesFor("u-boot"));
  worked(await host.hook());
  await host.startDaemon();
  return host;
}

async function act(
  host: HostOnBoard,
  point: number,
  { act: deed }: Story,
): Promise<{ call: string | undefined; isAcknowledged: boolean }> {
  const { board } = host;
  await board.write(program, await readFile(await crashpoint()));
  worked(await board.run(["chmod", "755", program]));
  const prefix = [program, "-n", String(point), "-p", "/data/state", "-p", "/dev/loop", "-l", log, "--"];
  let answer: Answer;
  if (deed === "hook") answer = await host.hook(prefix);
  else {
    await host.stopDaemon();
    // What the start itself changes is cut as well; then nobody can ask anything.
    await host.startDaemon(prefix).catch(() => undefined);
    answer = await deed(host);
  }
  const line = (await board.run(["sed", "-n", `${point}p`, log])).stdout.trim();
  const call = line.startsWith(`${point} `) ? line : undefined;
  return { call, isAcknowledged: answer.exitCode === 0 };
}

async function checkLater(host: HostOnBoard, allowed: readonly string[]): Promise<void> {
  const { board } = host;
  const version = async (slot: "a" | "b") => (await board.run(["cat", "/boot/kernel"])).stdout.trim() || slot;
  let { slot } = await board.boot();
  const hook = await host.hook();
  expect(hook.stdout).not.toContain("Cannot");
  expect(allowed).toContain(await version(slot));
  // Nobody commits: what stays is bootable, and takes an upgrade.
  await board.reboot();
  worked(await host.hook());
  ({ slot } = await board.reboot());
  worked(await host.hook());
  await host.startDaemon();
  const { state, runs } = await status(host);
  expect([state, runs.endsWith(`in ${slot}`)]).toEqual(["normal", true]);
  await upgrade(host, "release-3");
  await host.reboot();
  expect((await status(host)).runs).toStartWith("release-3");
}

async function expectWhole(device: string, name: string): Promise<void> {
  const image = await imageOf(name);
  const read = Buffer.alloc(image.byteLength);
  // Bun.file takes a block device for an empty file.
  await using file = await open(device, "r");
  await file.read(read, 0, read.byteLength, 0);
  expect(read.equals(image)).toBe(true);
}

async function problemOf(check: () => Promise<void>): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
