// How the cost grows: with the number of files, and with the bytes of a body. The aim is that of linear growth.
import { closeSync, ftruncateSync, openSync, rmSync } from "node:fs";
import path from "node:path";
import { end, entry } from "@host-service/fixtures";
import { type Way, compare } from "../kit/compare.ts";
import { Device } from "../kit/device.ts";
import type { Report } from "../kit/report.ts";
import { shell } from "../kit/run.ts";
import type { Bench } from "../kit/workplace.ts";

const fileCounts = [1000, 10_000, 100_000];
const bodyGibibytes = [0.1, 1, 4];
const filesPerDirectory = 100;
const bytesPerFile = 2000;

export async function growth(bench: Bench): Promise<Report> {
  const device = await Device.boot(bench);
  const settle = () => shell('sync -f "$1"', bench.directory);
  const files: Way[] = [];
  for (const count of fileCounts) {
    const archive = path.join(bench.directory, `${count}.tar`);
    await writeArchive(archive, count);
    files.push({
      name: `install of ${count} files`,
      before: settle,
      run: () => device.install(archive),
      after: () => device.remove(),
      aim: count / (fileCounts[0] ?? 1),
    });
  }
  const bodies: Way[] = [];
  for (const gibibytes of bodyGibibytes) bodies.push(await bodyWay(bench, device, gibibytes, settle));
  const rows = [...(await compare(files, bench.rounds)), ...(await compare(bodies, bench.rounds))];
  await device.end();
  for (const count of fileCounts) rmSync(path.join(bench.directory, `${count}.tar`));
  return { rows, figures: [], missing: [] };
}

async function writeArchive(file: string, count: number): Promise<void> {
  const writer = Bun.file(file).writer();
  const contents = "x".repeat(bytesPerFile);
  for (let index = 0; index < count; index += 1) {
    const directory = Math.floor(index / filesPerDirectory);
    await writer.write(entry({ name: `d${directory}/f${index}` }, contents));
  }
  await writer.write(end());
  await writer.end();
}

async function bodyWay(bench: Bench, device: Device, gibibytes: number, before: () => Promise<unknown>): Promise<Way> {
  const file = path.join(bench.directory, `${gibibytes}.body`);
  const fd = openSync(file, "w");
  ftruncateSync(fd, Math.round(gibibytes * 2 ** 30));
  closeSync(fd);
  const digest = (await shell('openssl dgst -sha256 -binary "$1" | base64', file)).trim();
  return {
    name: `body of ${gibibytes} GiB`,
    before,
    run: () => device.receiveBody(Bun.file(file), digest),
    aim: gibibytes / (bodyGibibytes[0] ?? 1),
  };
}
