// A file of 1 GiB by path and by descriptor, where it can be shared and where it is copied.
import { rmSync } from "node:fs";
import path from "node:path";
import { type Row, type Way, compare } from "../kit/compare.ts";
import { Device } from "../kit/device.ts";
import { type LoopMount, fileSystems, mountLoop } from "../kit/loop-mount.ts";
import type { Report } from "../kit/report.ts";
import { findProgram, shell } from "../kit/run.ts";
import type { Bench } from "../kit/workplace.ts";

const bytes = 2 ** 30;

export async function files(bench: Bench): Promise<Report> {
  const rows: Row[] = [];
  const missing: string[] = [];
  for (const system of fileSystems) {
    if (findProgram(`mkfs.${system}`) === undefined) {
      missing.push(`mkfs.${system}`);
      continue;
    }
    const mount = mountLoop(bench.directory, system);
    rows.push(...(await compareOn(bench, mount)));
    mount.end();
  }
  return { rows, figures: [], missing };
}

async function compareOn(bench: Bench, { system, directory }: LoopMount): Promise<Row[]> {
  const image = path.join(directory, "image");
  await shell('head -c "$2" /dev/urandom >"$1"; sync "$1"', image, String(bytes));
  const device = await Device.boot(bench, { below: directory });
  const before = () => shell('sync -f "$1"; cat "$1" >/dev/null', image);
  const aim = system === "ext4" ? {} : { aim: 1.1 };
  const copy = path.join(directory, "copy");
  const ways: Way[] = [
    { name: `${system}: openssl dgst alone`, before, run: () => shell('openssl dgst -sha256 "$1" >/dev/null', image) },
    {
      // What anybody pays who hashes a copy of his own: it is not in memory yet, even where it shares all blocks.
      name: `${system}: cp --reflink=auto, then openssl dgst`,
      before,
      run: () => shell('cp --reflink=auto "$1" "$2"; openssl dgst -sha256 "$2" >/dev/null', image, copy),
      after: () => rmSync(copy),
    },
    { name: `${system}: path`, before, run: () => device.receive(image, "path"), ...aim },
    { name: `${system}: descriptor`, before, run: () => device.receive(image, "fd"), ...aim },
  ];
  const rows = await compare(ways, bench.rounds);
  await device.end();
  rmSync(image);
  return rows;
}
