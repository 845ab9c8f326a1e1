// A small root file system of bytes that are the same on every machine, so that messages with sizes and names can be compared.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configYaml, end, entry, joined, pax } from "@host-service/fixtures";
import { workshop } from "../kit/images.ts";

export interface Files {
  config: string;
  rootfs: string;
}

/** Bytes that do not compress, from a small generator (xorshift). */
export function noise(bytes: number, seed = 1): Uint8Array {
  const contents = new Uint8Array(bytes);
  let state = seed;
  for (let at = 0; at < bytes; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    contents[at] = state & 0xff;
  }
  return contents;
}

/** A good archive of a few entries, long names among them. */
export function goodTar(version = "1.0.0", contentsBytes = 300_000): Uint8Array {
  return joined(
    entry({ name: "./", type: "5", mode: 0o755 }),
    entry({ name: "etc/", type: "5", mode: 0o755 }),
    entry({ name: "etc/os-release" }, `VERSION_ID=${version}\n`),
    entry({ name: "bin", type: "2", link: "usr/bin" }),
    pax({ path: `long/${"n".repeat(150)}` }),
    entry({ name: "long" }, "x"),
    entry({ name: "noise" }, noise(contentsBytes)),
    end(),
  );
}

let made: Files | undefined;

/** Version 1.0.0, which a device of a table runs. */
export function goodImage(): Files {
  made ??= writeGoodImage("1.0.0", "good");
  return made;
}

export function writeGoodImage(version: string, name: string): Files {
  const directory = join(workshop, name);
  mkdirSync(directory, { recursive: true });
  const files = { config: join(directory, "config.yaml"), rootfs: join(directory, "rootfs.tar") };
  writeFileSync(files.config, configYaml({ name: "edge", version }));
  writeFileSync(files.rootfs, goodTar(version));
  return files;
}
