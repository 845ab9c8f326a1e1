// What the daemon and its children hold, and how it answers, while a body of 4 GiB comes and while an image is unpacked.
import { closeSync, ftruncateSync, openSync, rmSync } from "node:fs";
import path from "node:path";
import { debianArchives } from "../kit/debian-archives.ts";
import { Device } from "../kit/device.ts";
import { peakDuring } from "../kit/memory.ts";
import type { Figure, Report } from "../kit/report.ts";
import { shell } from "../kit/run.ts";
import { quantile } from "../kit/statistics.ts";
import type { Bench } from "../kit/workplace.ts";

const bytes = 4 * 2 ** 30;
const pingIntervalMs = 10;

export async function memory(bench: Bench): Promise<Report> {
  const device = await Device.boot(bench);
  const image = path.join(bench.directory, "large");
  // Holes are zeros to whoever reads, and are written as such.
  const fd = openSync(image, "w");
  ftruncateSync(fd, bytes);
  closeSync(fd);
  const headers = "-H Content-Type:application/octet-stream -H 'Upload-Complete: ?1'";
  const send = `curl -sf --unix-socket "$1" -X POST ${headers} -T "$2" -o /dev/null http://x/v1/uploads`;
  const figures = await watched(device, "an upload of 4 GiB", () => shell(send, device.socket, image));
  const digest = (await shell('openssl dgst -sha256 -binary "$1" | base64', image)).trim();
  figures.push(...(await watched(device, "a body of 4 GiB", () => device.receiveBody(Bun.file(image), digest))));
  rmSync(image);
  const archives = await debianArchives();
  if (archives !== undefined) {
    figures.push(...(await watched(device, "an install of .tar.xz", () => device.install(archives.xz))));
    await device.remove();
    figures.push(...(await watched(device, "an install of .tar.zst", () => device.install(archives.zstd))));
  }
  await device.end();
  return { rows: [], figures, missing: [] };
}

async function watched(device: Device, name: string, work: () => Promise<unknown>): Promise<Figure[]> {
  const latencies: number[] = [];
  let done = false;
  const pinging = pingUntil(device.socket, () => done, latencies);
  const { own, children } = await peakDuring(device.pid, work).finally(() => (done = true));
  await pinging;
  return [
    { name: `${name}: daemon, peak`, value: own, unit: "MB", aim: 80 },
    { name: `${name}: its children together, peak`, value: children, unit: "MB" },
    { name: `${name}: ping p50`, value: quantile(latencies, 0.5), unit: "ms" },
    { name: `${name}: ping p99`, value: quantile(latencies, 0.99), unit: "ms", aim: 10 },
  ];
}

async function pingUntil(socket: string, isDone: () => boolean, latencies: number[]): Promise<void> {
  while (!isDone()) {
    const started = performance.now();
    await (await fetch("http://device/v1/ping", { unix: socket })).text();
    latencies.push(performance.now() - started);
    await Bun.sleep(pingIntervalMs);
  }
}
