// The main story with a real root file system: Debian 12, a few hundred megabytes, in every format.
import { expect } from "bun:test";
import { join } from "node:path";
import type { RootfsFormat } from "@host-service/fixtures";
import { buildDebianRootfs, writeConfigYaml } from "@host-service/fixtures";
import { repository } from "./kit/program.ts";
import type { Device } from "./kit/device.ts";
import { onDevice } from "./kit/on-device.ts";
import { needsRoot, needsTools, testUnless } from "./kit/requirements.ts";
import type { Tree } from "./kit/same-tree.ts";
import { differences, treeOf, unpackedByTar } from "./kit/same-tree.ts";
import { worked } from "./kit/steps.ts";

const cacheDirectory = join(repository, ".cache/fixtures");
const unpackedBytesMin = 200e6;

const archives = new Map<RootfsFormat, string>();
const reasons = [needsRoot(), needsTools("mmdebstrap", "tar", "xz", "zstd", "gzip"), await prepare()];

/** The archives are made, or taken from the cache, before the tests, which have a limit of time. */
async function prepare(): Promise<string | undefined> {
  if (needsRoot() !== undefined || needsTools("mmdebstrap") !== undefined) return undefined;
  for (const format of ["tar", "tar.xz", "tar.zst", "tar.gz"] as const) {
    const made = await buildDebianRootfs({ cacheDirectory, format, ...(format === "tar" ? {} : { level: 1 }) });
    if (made === undefined) return "the machine cannot make a Debian 12 root file system";
    if (made.unpackedBytes < unpackedBytesMin)
      throw new Error(`Cannot use "${made.path}": it is too small to be a test`);
    archives.set(format, made.path);
  }
  return undefined;
}

async function install(device: Device, format: RootfsFormat): Promise<void> {
  const config = join(device.directory, `${format}.yaml`);
  await writeConfigYaml(config, { name: "edge", version: format });
  const started = performance.now();
  worked(await device.hostctl("container", "install", config, archives.get(format)!));
  console.error(`Debian 12 as .${format} was installed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function slotTree(device: Device, slot: "a" | "b"): Tree {
  return treeOf(join(device.slot(slot), "rootfs"));
}

testUnless(reasons, "Debian 12 goes through all four states, and each format unpacks to what GNU tar makes of it", () =>
  onDevice(async (device) => {
    const expected = await unpackedByTar(archives.get("tar")!, join(device.directory, "by-tar"));
    expect(expected.size).toBeGreaterThan(5000);

    await install(device, "tar.xz");
    expect(await device.state()).toBe("pending");
    expect(differences(expected, slotTree(device, "a"))).toEqual([]);
    await device.reboot();
    expect(await device.state()).toBe("trying");
    expect(await device.current()).toBe(device.slot("a"));
    worked(await device.hostctl("container", "commit"));
    expect(await device.state()).toBe("normal");

    for (const format of ["tar.zst", "tar.gz", "tar"] as const) {
      await install(device, format);
      expect(await device.state()).toBe("pending");
      expect(differences(expected, slotTree(device, "b"))).toEqual([]);
    }
    await device.reboot();
    expect(await device.status()).toMatchObject({ state: "trying", running: { slot: "b", version: "tar" } });
    expect(await device.reboot()).toMatchObject({
      stdout: "edge: normal, runs slot a, version tar.xz; rolled back, version tar: rebooted without commit\n",
    });
    expect(await device.current()).toBe(device.slot("a"));
    expect(differences(expected, slotTree(device, "a"))).toEqual([]);
  }),
);
