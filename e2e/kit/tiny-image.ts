// The smallest image that says who it is: for stories that install hundreds of times.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { end, entry, joined, writeConfigYaml } from "@host-service/fixtures";
import type { Image } from "./images.ts";
import { workshop } from "./images.ts";

/** The file of the root file system that holds the version. */
export const versionFile = "etc/version";

export async function tinyImage(version: string): Promise<Image> {
  const rootfs = join(workshop, `tiny-${version}.tar`);
  const config = join(workshop, `tiny-${version}.yaml`);
  await writeConfigYaml(config, { name: "edge", version });
  const parts = [entry({ name: "etc", type: "5", mode: 0o755 }), entry({ name: versionFile }, version), end()];
  await writeFile(rootfs, joined(...parts));
  return { version, config, rootfs, tree: "" };
}
