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

export async function install(bench: Bench): Promise<Report> {
  const archives = await debianArchives();
  if (archives === undefined) return { rows: [], figures: [], missing: ["the Debian tree"] };
  const device = await Device.boot(bench);
  const peers = [await lxcWay(bench, archives), ...systemdWays(bench, archives), await casyncWay(bench, archives)];
  const found = peers.filter((peer) => typeof peer === "object");
  const against = names.xz;
  const ways: Way[] = [
    ...tarWays(bench, archives),
    ours(device, "host-service, .tar.xz of 16 MiB blocks", archives.xz, { against: names.xz, aim: 1.15 }),
    ours(device, "host-service, .tar.xz of one block", archives.xzOneBlock, { against: names.oneBlock }),
    ours(device, "host-service, .tar.zst", archives.zstd, { against: names.zstd, aim: 1.2 }),
    ours(device, "host-service, .tar", archives.tar, { against: names.tar }),
    ...found.map((way) => ({ ...way, against })),
  ];
  const rows = await compare(
    ways.map((way) => ({
      ...way,
      before: async () => {
        await way.before?.();
        await settle();
      },
    })),
    bench.rounds,
  );
  await device.end();
  const megabytes = (file: string) => Bun.file(file).size / 1e6;
  return {
    rows,
    figures: [
      { name: "size of .tar", value: megabytes(archives.tar), unit: "MB" },
      { name: "size of .tar.xz, 16 MiB blocks", value: megabytes(archives.xz), unit: "MB" },
      { name: "size of .tar.zst", value: megabytes(archives.zstd), unit: "MB" },
    ],
    missing: peers.filter((peer) => typeof peer === "string"),
  };

  // What an earlier way left to be written is not for the next one to pay.
  async function settle(): Promise<void> {
    await shell('sync -f "$1"', bench.directory);
  }
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

function ours(device: Device, name: string, archive: string, more: { against: string; aim?: number }): Way {
  return { name, run: () => device.install(archive), after: () => device.remove(), ...more };
}
