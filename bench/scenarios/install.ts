// A Debian tree becomes a slot, from each format, beside what else makes a container's tree from an archive. All to durable.
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { type Way, compare } from "../kit/compare.ts";
import { Device } from "../kit/device.ts";
import { type DebianArchives, debianArchives } from "../kit/debian-archives.ts";
import { casyncWay, lxcWay, systemdWays } from "../kit/install-peers.ts";
import type { Report } from "../kit/report.ts";
import { shell } from "../kit/run.ts";
import type { Bench } from "../kit/workplace.ts";

const names = {
  xz: "xz -T0 -dc | tar -x, 16 MiB blocks",
  oneBlock: "tar -xJf, one block",
  zstd: "zstd -dc | tar -x",
  tar: "tar -xf",
};

/** Beside the pipelines that a shell has. */
export function install(bench: Bench): Promise<Report> {
  return measure(bench, async (archives, device) => [
    ...tarWays(bench, archives),
    ours(device, "host-service, .tar.xz of 16 MiB blocks", archives.xz, { against: names.xz, aim: 1.15 }),
    ours(device, "host-service, .tar.xz of one block", archives.xzOneBlock, { against: names.oneBlock }),
    ours(device, "host-service, .tar.zst", archives.zstd, { against: names.zstd, aim: 1.2 }),
    ours(device, "host-service, .tar", archives.tar, { against: names.tar }),
  ]);
}

/** Beside the programs that make containers. */
export function containers(bench: Bench): Promise<Report> {
  return measure(bench, async (archives, device) => [
    ours(device, "host-service, .tar.xz of 16 MiB blocks", archives.xz, {}),
    await lxcWay(bench, archives),
    ...systemdWays(bench, archives),
    await casyncWay(bench, archives),
  ]);
}

async function measure(
  bench: Bench,
  waysOf: (archives: DebianArchives, device: Device) => Promise<(Way | string)[]>,
): Promise<Report> {
  const archives = await debianArchives();
  if (archives === undefined) return { rows: [], figures: [], missing: ["the Debian tree"] };
  const device = await Device.boot(bench);
  const ways = await waysOf(archives, device);
  // What an earlier way left to be written is not for the next one to pay.
  const settled = (way: Way): Way => ({
    ...way,
    before: async () => {
      await way.before?.();
      await shell('sync -f "$1"', bench.directory);
    },
  });
  const found = ways.filter((way) => typeof way === "object");
  const rows = await compare(found.map(settled), bench.rounds);
  await device.end();
  const size = (name: string, file: string) => ({ name, value: Bun.file(file).size / 1e6, unit: "MB" });
  const figures = [
    size("size of .tar", archives.tar),
    size("size of .tar.xz, 16 MiB blocks", archives.xz),
    size("size of .tar.zst", archives.zstd),
  ];
  return { rows, figures, missing: ways.filter((way) => typeof way === "string") };
}

function tarWays(bench: Bench, archives: DebianArchives): Way[] {
  const directory = path.join(bench.directory, "tree");
  const way = (name: string, script: string, archive: string): Way => ({
    name,
    before: () => mkdirSync(directory),
    run: () => shell(`${script}; sync -f "$2"`, archive, directory),
    after: () => rmSync(directory, { recursive: true }),
    against: name,
  });
  // Everything is kept, as we keep it.
  const tar = "tar --numeric-owner --xattrs --xattrs-include='*' -p";
  return [
    way(names.xz, `xz -T0 -dc "$1" | ${tar} -x -C "$2"`, archives.xz),
    way(names.oneBlock, `${tar} -xJf "$1" -C "$2"`, archives.xzOneBlock),
    way(names.zstd, `zstd -dc "$1" | ${tar} -x -C "$2"`, archives.zstd),
    way(names.tar, `${tar} -xf "$1" -C "$2"`, archives.tar),
  ];
}

function ours(device: Device, name: string, archive: string, more: { against?: string; aim?: number }): Way {
  return { name, run: () => device.install(archive), after: () => device.remove(), ...more };
}
