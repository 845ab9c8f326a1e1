// The plug is pulled at every call by which an upgrade, a commit, a rollback or the hook changes the disk: the daemon, its jobs and the boot
// loader's tools are counted together. The next boot ends in the old system or in the new one, and takes another upgrade.
// Killing loses nothing that was written; what a power cut loses is the crash disk's part, in the packages' tests.
import { expect } from "bun:test";
import { join } from "node:path";
import { type BoardHost, home } from "../kit/board-host.ts";
import { type CutStory, cutEverywhere } from "../kit/board-cuts.ts";
import { needsBoard } from "../kit/board.ts";
import { cutNeeds, onCutBoard, upgrade, upgraded } from "../kit/cut-board.ts";
import { testUnless } from "../kit/requirements.ts";
import { worked } from "../kit/steps.ts";

const needs = [...cutNeeds, needsBoard("u-boot")];

interface Story extends CutStory {
  name: string;
  /** How many boots U-Boot gives a trial. */
  bootLimit?: number;
  pointsMin: number;
}

const fresh = async () => undefined;

async function trialCommitted(host: BoardHost): Promise<void> {
  await upgraded(host);
  await host.reboot();
  worked(await host.hostctl("system", "commit"));
}

/** In the boot in which it is going to be dropped, since the next one tries it. */
async function upgradedInThisBoot(host: BoardHost): Promise<void> {
  await host.startDaemon();
  await upgraded(host);
  await host.stopDaemon();
}

const stories: readonly Story[] = [
  {
    name: "an upgrade",
    before: fresh,
    cut: { hostctl: upgrade },
    allowed: ["normal release-1", "trying release-2"],
    pointsMin: 25,
  },
  {
    name: "an upgrade, writes torn",
    before: fresh,
    cut: { hostctl: upgrade },
    mode: "short",
    allowed: ["normal release-1", "trying release-2"],
    pointsMin: 25,
  },
  {
    name: "a commit",
    before: upgraded,
    cut: { hostctl: ["system", "commit"] },
    allowed: ["normal release-1", "normal release-2"],
    pointsMin: 12,
  },
  {
    name: "a rollback of what is pending",
    before: fresh,
    afterHook: upgradedInThisBoot,
    cut: { hostctl: ["system", "rollback"] },
    allowed: ["trying release-2", "normal release-1"],
    pointsMin: 12,
  },
  {
    name: "a rollback of a trial",
    before: upgraded,
    cut: { hostctl: ["system", "rollback"] },
    allowed: ["normal release-1"],
    pointsMin: 12,
  },
  {
    name: "a rollback to the previous system",
    before: trialCommitted,
    cut: { hostctl: ["system", "rollback"] },
    allowed: ["normal release-2", "normal release-1"],
    pointsMin: 12,
  },
  {
    name: "the hook that finds the candidate running",
    before: upgraded,
    cut: "hook",
    allowed: ["normal release-1"],
    pointsMin: 6,
  },
  {
    name: "the hook that finds the candidate running, with more boots to come",
    bootLimit: 3,
    before: upgraded,
    cut: "hook",
    allowed: ["trying release-2", "normal release-1"],
    pointsMin: 6,
  },
  {
    name: "the hook after a trial",
    before: async (host) => {
      await upgraded(host);
      await host.reboot();
    },
    cut: "hook",
    allowed: ["normal release-1"],
    pointsMin: 6,
  },
  {
    name: "the hook that has to send an uncommitted candidate back",
    bootLimit: 3,
    before: async (host) => {
      await upgraded(host);
      await host.reboot();
    },
    cut: "hook",
    allowed: ["normal release-1"],
    pointsMin: 6,
  },
];

for (const { name, bootLimit = 1, pointsMin, ...story } of stories) {
  testUnless(needs, `${name}, cut at every point, ends in the old system or in the new one`, () =>
    onCutBoard({ bootLoader: "u-boot", bootLimit }, async (host, images) => {
      const { points, broken, last } = await cutEverywhere(host, story, images);
      console.error(`${name}: ${points} points`);
      expect(broken).toEqual([]);
      expect(points).toBeGreaterThanOrEqual(pointsMin);
      expect(last).toBe(story.allowed.at(-1)!);
    }),
  );
}

testUnless(needs, "a walk sees an upgrade that tells the boot loader before the slot is written", () =>
  onCutBoard({ bootLoader: "u-boot" }, async (host, images) => {
    const tell =
      "printf 'mender_boot_part=3\nmender_boot_part_hex=3\nupgrade_available=1\nbootcount=0\n' | fw_setenv -s -";
    const write = `dd if=${join(home, "wanted.img")} of=/dev/disk/by-partlabel/root-b bs=1M conv=fsync`;
    const planted: CutStory = {
      before: fresh,
      cut: { program: ["/bin/sh", "-c", `${tell}; ${write}`] },
      allowed: ["normal release-1", "trying release-2"],
    };
    const { broken } = await cutEverywhere(host, planted, images);
    expect(broken.filter((line) => line.includes("and is not that image as a whole")).length).toBeGreaterThan(2);
  }),
);
