// The board that power cuts are told on: small slots, so that a walk over hundreds of points is short, and two upgrades that lie ready.
import { join } from "node:path";
import { type BoardHost, deviceType, home, onBoardHost } from "./board-host.ts";
import { type KnownImages, imageOf, nextUpgrade, rebootCommand } from "./board-cuts.ts";
import { artifactOf } from "./board/artifact.ts";
import { makeRootImage } from "./board/root-image.ts";
import type { BoardBootLoader } from "./board/environments.ts";
import { needsTools } from "./requirements.ts";
import { worked } from "./steps.ts";

const mebibyte = 1024 * 1024;
const path = join(home, "upgrade.mender");

export const cutNeeds = [
  needsTools("cc", "mender-artifact"),
  process.arch === "x64" ? undefined : "crashpoint reads the registers of x86-64",
];
/** From release-1 in slot a to release-2. */
export const upgrade = ["system", "upgrade", path];

export async function upgraded(host: BoardHost): Promise<void> {
  worked(await host.hostctl(...upgrade));
}

let made: ReturnType<typeof makeImages> | undefined;

async function makeImages() {
  const make = async (version: string) =>
    await makeRootImage(version, { bytes: 6 * mebibyte, fillerBytes: 3 * mebibyte });
  const [earlier, old, wanted, next] = [
    await make("release-0"),
    await make("release-1"),
    await make("release-2"),
    await make("release-3"),
  ];
  const known: KnownImages = new Map([
    ["release-0", await imageOf(earlier)],
    ["release-1", await imageOf(old)],
    ["release-2", await imageOf(wanted)],
  ]);
  return { earlier, old, wanted, next, known };
}

export async function onCutBoard(
  { bootLoader, bootLimit = 1 }: { bootLoader: BoardBootLoader; bootLimit?: number },
  story: (host: BoardHost, images: KnownImages) => Promise<void>,
): Promise<void> {
  const { earlier, old, wanted, next, known } = await (made ??= makeImages());
  const board = { versions: {}, bootLimit, slotBytes: 8 * mebibyte, dataBytes: 24 * mebibyte };
  const images = { a: old, b: earlier };
  await onBoardHost({ bootLoader, reboot: rebootCommand, board, images }, async (host) => {
    await host.bring(await artifactOf("release-2", { deviceType, image: wanted }), path);
    await host.bring(await artifactOf("release-3", { deviceType, image: next }), nextUpgrade);
    await host.bring(wanted, join(home, "wanted.img"));
    await story(host, known);
  });
}
