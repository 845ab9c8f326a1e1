import { existsSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";
import { debianTar } from "./debian-archives.ts";
import { findProgram, shell } from "./run.ts";
import { cache } from "./workplace.ts";

/** 500 MB in whole blocks of a file system. */
export const payloadBytes = 122_071 * 4096;
export const packings = ["gz", "xz", "zst"] as const;
export type Packing = (typeof packings)[number];

export interface UpgradeImages {
  /** 500 MB of Debian. */
  readonly payload: string;
  readonly artifact: string;
  /** The same payload, packed alone, and in an artifact. */
  readonly packed: Readonly<Record<Packing, { readonly payload: string; readonly artifact: string }>>;
}

export const deviceType = "edge-x1";
/** One block, as mender-artifact makes it. The work of decoding hardly depends on the level. */
const packers: Readonly<Record<Packing, string>> = { gz: "gzip -1 -c", xz: "xz -1 -T1 -c", zst: "zstd -3 -q -c" };

/** By mender-artifact, each made once. Where it cannot write a format its payload is packed anew: no sum covers the packing. */
export async function upgradeImages(): Promise<UpgradeImages | string> {
  if (findProgram("mender-artifact") === undefined) return "mender-artifact";
  const tar = await debianTar();
  if (tar === undefined) return "the Debian tree";
  const directory = path.join(cache, "upgrade");
  mkdirSync(directory, { recursive: true });
  const payload = await made(path.join(directory, "payload.img"), (to) =>
    // Not as a tar begins: that would not be taken for a raw image.
    shell('{ head -c 4096 /dev/zero; head -c "$3" "$1"; } >"$2"', tar.path, to, String(payloadBytes - 4096)),
  );
  const artifact = await made(path.join(directory, "payload.mender"), (to) =>
    shell(
      'mender-artifact write rootfs-image -n release-2 -t "$3" -f "$1" --compression none -o "$2" >/dev/null',
      payload,
      to,
      deviceType,
    ),
  );
  const packed = async (packing: Packing) => ({
    payload: await made(`${payload}.${packing}`, (to) => shell(`${packers[packing]} "$1" >"$2"`, payload, to)),
    artifact: await made(path.join(directory, `payload.${packing}.mender`), (to) => repack(artifact, to, packing)),
  });
  return { payload, artifact, packed: { gz: await packed("gz"), xz: await packed("xz"), zst: await packed("zst") } };
}

function repack(artifact: string, to: string, packing: Packing): Promise<string> {
  return shell(
    `at=$(mktemp -d -p "$(dirname "$2")"); trap 'rm -rf "$at"' EXIT
     tar -xf "$1" -C "$at"; ${packers[packing]} "$at/data/0000.tar" >"$at/data/0000.tar.$3"
     tar --format=ustar -C "$at" -cf "$2" version manifest header.tar "data/0000.tar.$3"`,
    artifact,
    to,
    packing,
  );
}

async function made(file: string, make: (partial: string) => Promise<unknown>): Promise<string> {
  if (existsSync(file)) return file;
  await make(`${file}.partial`);
  renameSync(`${file}.partial`, file);
  return file;
}
