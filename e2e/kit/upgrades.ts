// Upgrades for a board: its root file systems as signed artifacts, and what a person sees of each step.
import { readFile } from "node:fs/promises";
import { buildArtifact, makeArtifactKeys } from "@host-service/fixtures";
import { makeRootImage } from "./board/root-image.ts";
import type { BoardBootLoader } from "./board/environments.ts";
import type { BoardSlot } from "./board.ts";
import type { HostOnBoard, HostWishes } from "./host-on-board.ts";
import { worked } from "./steps.ts";

const keys = makeArtifactKeys();
export const success = "Upgrade installed successfully. Please reboot to complete the process.\n";

/** What a board of this boot loader has in its configuration; artifacts have to be signed by our key. */
export function wishesFor(bootLoader: BoardBootLoader): HostWishes {
  const environment: Readonly<Record<BoardBootLoader, NonNullable<HostWishes["upgrade"]>>> = {
    "u-boot": {},
    grub: { boot_environment: '"grub"' },
    "grub-file": { boot_environment: '"grub"', boot_environment_file: '"/boot/efi/grub/grubenv"' },
  };
  return {
    upgrade: environment[bootLoader],
    verify: ['keys = ["keys/*.pem"]', 'raw_images = "refuse"'],
    files: { "/data/keys/ours.pem": keys.ec.pem },
  };
}

const images = new Map<string, Promise<Uint8Array>>();

/** The root file system of a version, and, by its name, the artifact of it. */
export async function artifactOf(name: string, version = name): Promise<Uint8Array> {
  return buildArtifact(keys, {
    image: await imageOf(name),
    headerInfo: {
      payloads: [{ type: "rootfs-image" }],
      artifact_provides: { artifact_name: name },
      artifact_depends: { device_type: ["edge-x1"] },
    },
    typeInfo: { type: "rootfs-image", artifact_provides: { "rootfs-image.version": version } },
  });
}

export function imageOf(name: string): Promise<Uint8Array> {
  const made = images.get(name) ?? makeRootImage(name, { bytes: 8 * 1024 * 1024 }).then((path) => readFile(path));
  images.set(name, made);
  return made;
}

export const upgradeFile = "/run/firmware.mender";

/** Brings an artifact onto the board and installs it. */
export async function upgrade(host: HostOnBoard, name: string, version?: string): Promise<void> {
  await host.board.write(upgradeFile, await artifactOf(name, version));
  worked(await host.hostctl("system", "upgrade", upgradeFile));
}

/** "trying: …why…", and which slot and version runs. */
export async function status(host: HostOnBoard): Promise<{ state: string; runs: string; why: string }> {
  const answer = worked(await host.hostctl("system", "status", "--json"));
  const { state, running, why } = JSON.parse(answer.stdout) as {
    state: string;
    running?: { slot: BoardSlot; version?: string };
    why: string;
  };
  return { state, runs: `${running?.version ?? "factory"} in ${running?.slot ?? "none"}`, why };
}
