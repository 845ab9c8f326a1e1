// Container images for the device: Debian with systemd inside, and one program of busybox. Packed once, and kept in .cache/ by what is in them.
import { existsSync } from "node:fs";
import { chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ConfigYaml } from "@host-service/fixtures";
import { writeConfigYaml } from "@host-service/fixtures";
import { workshop } from "../../kit/images.ts";
import { must } from "../../kit/run.ts";
import { cache, containerTree } from "./trees.ts";

export interface ContainerImage {
  version: string;
  config: string;
  rootfs: string;
}

export interface ImageWishes extends Omit<Partial<ConfigYaml>, "version"> {
  format?: "tar.xz" | "tar.zst";
  /** More text files, which Debian does not have; those that begin with "#!" are programs. */
  files?: Readonly<Record<string, string>>;
  /** Links, by their names; only without Debian. One takes the place of a folder of that name. */
  links?: Readonly<Record<string, string>>;
  /** More of Debian's packages. */
  packages?: readonly string[];
}

/** Debian with systemd: /etc/version has the version. */
export async function debianImage(version: string, wishes: ImageWishes = {}): Promise<ContainerImage> {
  const { format = "tar.zst", files = {}, links: _none, packages, ...members } = wishes;
  const base = await containerTree(packages);
  if (base === undefined) throw new Error("Cannot make a container image: there is no Debian tree for it");
  const rootfs = await packed({ base, format, init: "systemd", added: { ...files, "etc/version": `${version}\n` } });
  return { version, rootfs, config: await configured(version, members) };
}

/** One program: busybox runs /main, which does nothing until it is told to end; the file of the image says otherwise. */
export async function busyboxImage(version: string, wishes: ImageWishes = {}): Promise<ContainerImage> {
  const { format = "tar.zst", files = {}, links, config = {}, packages: _none, ...members } = wishes;
  const added = { main: waiting, ...files, "etc/version": `${version}\n` };
  const rootfs = await packed({ base: undefined, format, init: "busybox", added, links });
  const entry = { "oci.entrypoint": "/bin/busybox sh /main", ...config };
  return { version, rootfs, config: await configured(version, { ...members, config: entry }) };
}

/** One whose init ends at once. */
export async function dyingImage(version: string, wishes: ImageWishes = {}): Promise<ContainerImage> {
  const { format = "tar.zst", files = {}, links, packages: _none, ...members } = wishes;
  const added = { ...files, "sbin/init": dying, "etc/os-release": "ID=dying\n", "etc/version": `${version}\n` };
  const rootfs = await packed({ base: undefined, format, init: "busybox", added, links });
  return { version, rootfs, config: await configured(version, members) };
}

const dying = "#!/bin/sh\necho this image ends at once\nexit 1\n";

const waiting = `trap 'exit 0' TERM
echo "version $(cat /etc/version) is up"
while :; do sleep 1000 & wait; done
`;

/** Of the image with nothing but busybox; systemd-nspawn starts no root without /usr. */
const folders = ["", "bin", "dev", "etc", "proc", "sbin", "sys", "tmp", "usr"];
const programs = ["cat", "sh", "sleep"];

let configurations = 0;

async function configured(version: string, members: Omit<Partial<ConfigYaml>, "version">): Promise<string> {
  const path = join(workshop, `device-config-${(configurations += 1)}.yaml`);
  await writeConfigYaml(path, { name: "edge", ...members, version });
  return path;
}

interface Recipe {
  /** Undefined is nothing but busybox. */
  base: string | undefined;
  format: "tar.xz" | "tar.zst";
  init: string;
  added: Readonly<Record<string, string>>;
  links?: Readonly<Record<string, string>> | undefined;
}

async function packed(recipe: Recipe): Promise<string> {
  const content = JSON.stringify({ ...recipe, folders, programs });
  const hash = new Bun.CryptoHasher("sha256").update(content).digest("hex").slice(0, 12);
  const path = join(cache, `image-${hash}.${recipe.format}`);
  if (existsSync(path)) return path;
  const work = join(cache, `image-${hash}-${crypto.randomUUID()}`);
  try {
    await mkdir(work, { recursive: true });
    const tar = join(work, "rootfs.tar");
    const names = await layOut(join(work, "added"), recipe);
    // Debian's own directories are in the archive already, and no name may be in it twice.
    const append = ["tar", "--append", `--file=${tar}`, "--owner=0", "--group=0", `--directory=${join(work, "added")}`];
    if (recipe.base !== undefined) {
      const whole = ["--numeric-owner", "--xattrs", "--xattrs-include=*", "--sort=name"];
      await must(["tar", "--create", `--file=${tar}`, ...whole, `--directory=${recipe.base}`, "."]);
    }
    await must([...append, "--no-recursion", ...names]);
    const packer = recipe.format === "tar.xz" ? ["xz", "-1", "-T0", "--block-size=16MiB"] : ["zstd", "-q", "--rm"];
    await must([...packer, tar]);
    await rename(`${tar}${recipe.format.slice(3)}`, path);
  } finally {
    await rm(work, { recursive: true });
  }
  return path;
}

/** The names to add, in the order in which they can be unpacked. */
async function layOut(directory: string, { base, init, added, links = {} }: Recipe): Promise<string[]> {
  const names: string[] = [];
  const place = async (name: string) => {
    names.push(`./${name}`);
    await mkdir(dirname(join(directory, name)), { recursive: true });
    return join(directory, name);
  };
  if (base === undefined) {
    for (const folder of folders.filter((name) => !Object.hasOwn(links, name))) await mkdir(await place(folder));
    await must(["cp", "/bin/busybox", await place("bin/busybox")]);
    for (const name of programs) await symlink("busybox", await place(`bin/${name}`));
  }
  if (init === "systemd") await symlink("/lib/systemd/systemd", await place("usr/sbin/init"));
  for (const [name, text] of Object.entries(added)) {
    const path = await place(name);
    await writeFile(path, text);
    await chmod(path, text.startsWith("#!") ? 0o755 : 0o644);
  }
  for (const [name, target] of Object.entries(links)) await symlink(target, await place(name));
  return names;
}
