// Images to install: the small root file system in versions that differ, packed once for all tests of a run.
import { mkdtempSync } from "node:fs";
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
// A test run ends without an exit event, and sometimes by a signal: a shell that waits for the end of its input takes the directory away.
const sweeper = Bun.spawn(["/bin/sh", "-c", 'cat >/dev/null; rm -rf -- "$1"', "sh", workshop], {
  stdio: ["pipe", "ignore", "ignore"],
});
sweeper.unref();

const trees = new Map<string, Promise<string>>();
const archives = new Map<string, Promise<string>>();
let configurations = 0;

/** The small root file system of a version, with a config.yaml of its own. */
export async function smallImage(version: string, wishes: ImageWishes = {}): Promise<Image> {
  const { format = "tar.xz", ...members } = wishes;
  const { tree, path } = await smallRootfs(version, format);
  const config = join(workshop, `config-${(configurations += 1)}.yaml`);
  await writeConfigYaml(config, { name: "edge", version, ...members });
  return { version, config, rootfs: path, tree };
}

async function smallRootfs(version: string, format: RootfsFormat): Promise<{ tree: string; path: string }> {
  const tree = await once(trees, version, async () => {
    const directory = join(workshop, `small-${version}`);
    await buildSmallRootfs(directory, { version });
    return directory;
  });
  const path = await once(
    archives,
    `${tree}.${format}`,
    async () => (await packRootfs(tree, tree, { format, level: 1 })).path,
  );
  return { tree, path };
}

/** Makes what belongs to the key when it is first asked for. */
function once(made: Map<string, Promise<string>>, key: string, make: () => Promise<string>): Promise<string> {
  const found = made.get(key) ?? make();
  made.set(key, found);
  return found;
}

/** The image as one file, made by the program itself. */
export async function bundleOf(image: Image, name = `bundle-${(configurations += 1)}.tar`): Promise<string> {
  const path = join(workshop, name);
  await must([...program("hostctl"), "image", "build", path, image.config, image.rootfs]);
  return path;
}
