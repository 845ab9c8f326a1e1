// Our Debian package, and a layer of the device's root on which it was installed as for an image: offline, in a chroot.
import { existsSync } from "node:fs";
import { readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { repository } from "../../kit/program.ts";
import { must } from "../../kit/run.ts";
import { Enclosure } from "./enclosure.ts";
import { cache } from "./trees.ts";

const ageMaxMs = 2 * 3_600_000;

let made: Promise<string> | undefined;

/** The package of the sources as they are. */
function debianPackage(): Promise<string> {
  made ??= makePackage();
  return made;
}

async function makePackage(): Promise<string> {
  const output = join(cache, "package");
  const main = join(repository, "packaging/main.ts");
  await must([process.execPath, main, "--compression", "none", "--output", output], { cwd: repository });
  const name = (await readdir(output)).find((file) => file.endsWith(".deb"));
  if (name === undefined) throw new Error(`Cannot find the package: "${output}" has none`);
  return join(output, name);
}

/** The directory that lies over the tree; those of older packages are removed. */
export async function installedOn(tree: string): Promise<string> {
  const file = await debianPackage();
  const hash = new Bun.CryptoHasher("sha256")
    .update(await readFile(file))
    .digest("hex")
    .slice(0, 12);
  const kind = `installed-on-${basename(tree)}`;
  const layer = join(cache, `${kind}-${hash}`);
  if (existsSync(layer)) return layer;
  await removeOld(kind);
  const fresh = `${layer}.${crypto.randomUUID()}`;
  const enclosure = await Enclosure.make([tree]);
  try {
    const root = enclosure.inner("root");
    const install =
      'mount -t proc proc "$1/proc"; cp "$2" "$1/package.deb"; chroot "$1" dpkg -i /package.deb; rm "$1/package.deb"';
    await must(enclosure.enter(["/bin/sh", "-ec", `${install}; umount "$1/proc"`, "sh", root, file]), { cwd: "/" });
    await must(["cp", "-a", enclosure.at("upper"), fresh]);
  } finally {
    await enclosure.close();
  }
  await rename(fresh, layer);
  return layer;
}

/** Younger ones may be in use by another run. */
async function removeOld(kind: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    const isOld = async () => Date.now() - (await stat(path)).ctimeMs > ageMaxMs;
    if (name.startsWith(kind) && (await isOld())) await rm(path, { recursive: true, force: true });
  }
}
