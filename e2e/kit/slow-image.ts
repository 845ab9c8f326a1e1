// An image that takes its time to unpack, so that something can happen meanwhile: very many empty files.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { end, entry, joined, writeConfigYaml } from "@host-service/fixtures";
import type { Image } from "./images.ts";
import { workshop } from "./images.ts";

const filesEach = 1000;
const directories = 40;

let made: Promise<Image> | undefined;

export function slowImage(): Promise<Image> {
  made ??= make();
  return made;
}

async function make(): Promise<Image> {
  const rootfs = join(workshop, "slow.tar.gz");
  const config = join(workshop, "slow.yaml");
  await writeConfigYaml(config, { name: "edge", version: "slow" });
  const parts: Uint8Array[] = [];
  for (let directory = 0; directory < directories; directory++) {
    parts.push(entry({ name: `d${directory}`, type: "5", mode: 0o755 }));
    for (let file = 0; file < filesEach; file++) parts.push(entry({ name: `d${directory}/f${file}` }, ""));
  }
  await writeFile(rootfs, Bun.gzipSync(new Uint8Array(joined(...parts, end())), { level: 1 }));
  return { version: "slow", config, rootfs, tree: "" };
}
