// The plug is pulled at every call by which an upgrade, a commit, a rollback or the hook changes the disk: the daemon, its jobs and the boot
// loader's tools are counted together. The next boot ends in the old system or in the new one, and takes another upgrade.
// Killing loses nothing that was written; what a power cut loses is the crash disk's part, in the packages' tests.
import { expect } from "bun:test";
import { join } from "node:path";
import { type BoardHost, deviceType, home, onBoardHost } from "../kit/board-host.ts";
import { type CutStory, cutEverywhere, imageOf, nextUpgrade, rebootCommand } from "../kit/board-cuts.ts";
import { needsBoard } from "../kit/board.ts";
import { artifactOf } from "../kit/board/artifact.ts";
import { makeRootImage } from "../kit/board/root-image.ts";
import type { BoardBootLoader } from "../kit/board/environments.ts";
import { needsTools, testUnless } from "../kit/requirements.ts";
import { worked } from "../kit/steps.ts";

const needs = [
  needsTools("cc", "mender-artifact"),
  process.arch === "x64" ? undefined : "crashpoint reads the registers of x86-64",
];
const mebibyte = 1024 * 1024;
const upgrade = join(home, "upgrade.mender");

interface Story extends CutStory {
  name: string;
  bootLoader?: BoardBootLoader;
  bootLimit?: number;
  pointsMin: number;
}

const stories: readonly Story[] = [
  {
    name: "an upgrade",
    before: async () => undefined,
    cut: { hostctl: ["system", "upgrade", upgrade] },
    allowed: ["normal release-1", "trying release-2"],
    pointsMin: 20,
  },
  {
    name: "a commit",
    before: installed,
    cut: { hostctl: ["system", "commit"] },
    allowed: ["normal release-1", "normal release-2"],
    pointsMin: 5,
  },
];

for (const { name, bootLoader = "u-boot", bootLimit = 1, pointsMin, ...story } of stories) {
  testUnless(
    [...needs, needsBoard(bootLoader)],
    `${bootLoader}: ${name}, cut at every point, ends in the old system or in the new one`,
    () =>
      onCutBoard({ bootLoader, bootLimit }, async (host, images) => {
        const { points, broken, last } = await cutEverywhere(host, story, images);
        console.error(`${bootLoader}: ${name}: ${points} points`);
        expect(broken).toEqual([]);
        expect(points).toBeGreaterThanOrEqual(pointsMin);
        expect(last).toBe(story.allowed.at(-1)!);
      }),
  );
}

async function installed(host: BoardHost): Promise<void> {
  worked(await host.hostctl("system", "upgrade", upgrade));
}

type Images = Awaited<ReturnType<typeof makeImages>>;
let made: ReturnType<typeof makeImages> | undefined;

async function makeImages() {
  const options = { bytes: 6 * mebibyte, fillerBytes: 3 * mebibyte };
  const paths = new Map<string, string>();
  for (const version of ["release-0", "release-1", "release-2", "release-3"]) {
    paths.set(version, await makeRootImage(version, options));
  }
  const known = new Map<string, Awaited<ReturnType<typeof imageOf>>>();
  for (const [version, path] of paths) known.set(version, await imageOf(path));
  return { paths, known };
}

async function onCutBoard(
  { bootLoader, bootLimit }: { bootLoader: BoardBootLoader; bootLimit: number },
  story: (host: BoardHost, images: Images["known"]) => Promise<void>,
): Promise<void> {
  const { paths, known } = await (made ??= makeImages());
  const images = { a: paths.get("release-1")!, b: paths.get("release-0")! };
  const board = { versions: {}, bootLimit, slotBytes: 8 * mebibyte, dataBytes: 24 * mebibyte };
  await onBoardHost({ bootLoader, reboot: rebootCommand, board, images }, async (host) => {
    await host.bring(await artifactOf("release-2", { deviceType, image: paths.get("release-2")! }), upgrade);
    await host.bring(await artifactOf("release-3", { deviceType, image: paths.get("release-3")! }), nextUpgrade);
    await story(host, known);
  });
}
