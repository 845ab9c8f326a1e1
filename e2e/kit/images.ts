// Images to install: the small root file system in versions that differ, packed once for all tests of a run.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigYaml, RootfsFormat } from "@host-service/fixtures";
import { buildSmallRootfs, packRootfs, writeConfigYaml } from "@host-service/fixtures";
import { program } from "./program.ts";
import { must } from "./run.ts";

export interface Image {
  version: string;
  config: string;
  rootfs: string;
  /** The tree that was packed. */
  tree: string;
}

export interface ImageWishes extends Partial<ConfigYaml> {
  format?: RootfsFormat;
}

/** One directory for all that the tests of this process pack. */
export const workshop = mkdtempSync(join(tmpdir(), "hs-images-"));
process.on("exit", () => rmSync(workshop, { recursive: true, force: true }));

const packed = new Map<string, Promise<{ tree: string; path: string }>>();
let configurations = 0;

/** The small root file system of a version, with a config.yaml of its own. */
export async function smallImage(version: string, wishes: ImageWishes = {}): Promise<Image> {
  const { format = "tar.xz", ...members } = wishes;
  const { tree, path } = await smallRootfs(version, format);
  const config = join(workshop, `config-${(configurations += 1)}.yaml`);
  await writeConfigYaml(config, { name: "edge", version, ...members });
  return { version, config, rootfs: path, tree };
}

function smallRootfs(version: string, format: RootfsFormat): Promise<{ tree: string; path: string }> {
  const key = `${version}.${format}`;
  const found = packed.get(key) ?? pack(version, format);
  packed.set(key, found);
  return found;
}

async function pack(version: string, format: RootfsFormat): Promise<{ tree: string; path: string }> {
  const base = join(workshop, `small-${version}-${format}`);
  const tree = `${base}.d`;
  await buildSmallRootfs(tree, { version });
  const { path } = await packRootfs(tree, base, { format, level: 1 });
  return { tree, path };
}

/** The image as one file, made by the program itself. */
export async function bundleOf(image: Image, name = `bundle-${(configurations += 1)}.tar`): Promise<string> {
  const path = join(workshop, name);
  await must([...program("hostctl"), "image", "build", path, image.config, image.rootfs]);
  return path;
}
