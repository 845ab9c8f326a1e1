// Root file systems that a board can start: ext4, with what a slot must have, and the version as the marker that a kernel would be.
import { lstatSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { workshop } from "../images.ts";
import { must } from "../run.ts";

/** Where a boot loader finds what it starts. */
export const kernel = "/boot/kernel";
/** What the host lends: its programs, read-only. */
const lent = ["usr", "lib", "lib64", "bin"];
const empty = [
  "boot/efi",
  "data",
  "dev",
  "etc/alternatives",
  "mnt",
  "opt",
  "proc",
  "root",
  "run",
  "sbin",
  "sys",
  "tmp",
  "var",
];
const files: Readonly<Record<string, string>> = {
  "etc/fw_env.config": "/dev/disk/by-partlabel/env 0x0 0x4000\n/dev/disk/by-partlabel/env 0x4000 0x4000\n",
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
  "etc/group": "root:x:0:\n",
  "etc/hostname": "board\n",
};
const bytesDefault = 16 * 1024 * 1024;

/** Makes an image and gives its path; it goes with the tests. */
export async function makeRootImage(
  version: string,
  options: { bytes?: number; fillerBytes?: number } = {},
): Promise<string> {
  const directory = await mkdtemp(join(workshop, "root-"));
  const tree = join(directory, "tree");
  for (const path of empty) await mkdir(join(tree, path), { recursive: true });
  for (const name of lent) {
    if (isLink(`/${name}`)) await symlink(`usr/${name}`, join(tree, name));
    else await mkdir(join(tree, name));
  }
  for (const [path, text] of Object.entries(files)) await writeFile(join(tree, path), text);
  await writeFile(join(tree, kernel), `${version}\n`);
  // Nothing else of it would tell a part of one version from a part of another.
  await writeFile(join(tree, "boot/filler"), Buffer.alloc(options.fillerBytes ?? 0, version));
  const image = join(directory, `${version}.img`);
  const kibibytes = (options.bytes ?? bytesDefault) / 1024;
  // Without a journal, which even a mount that only reads would change.
  const what = ["-O", "^has_journal", "-L", "root", "-d", tree, image, `${kibibytes}k`];
  await must(["mkfs.ext4", "-q", "-F", ...what]);
  await rm(tree, { recursive: true });
  return image;
}

/** The version in a file system or a device, read as a boot loader does: without mounting it. Undefined where there is none. */
export async function versionIn(device: string): Promise<string | undefined> {
  const text = await must(["debugfs", "-R", `cat ${kernel}`, device]);
  return text.trim() === "" ? undefined : text.trim();
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
