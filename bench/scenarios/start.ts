// Whole processes from their start to their end, and requests on the socket.
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Way, compare } from "../kit/compare.ts";
import { Device, expectSuccess } from "../kit/device.ts";
import { megabytes } from "../kit/memory.ts";
import { startNginx } from "../kit/nginx.ts";
import { requestsPerSecond } from "../kit/requests.ts";
import type { Figure, Report } from "../kit/report.ts";
import { median } from "../kit/statistics.ts";
import type { Bench } from "../kit/workplace.ts";

const roundsMin = 21;
const connectionCounts = [1, 32];
/** The daemon gives back what calls have loaded when nobody has called for a while. */
const quietMs = 4000;

export async function start(bench: Bench): Promise<Report> {
  const device = await Device.boot(bench);
  await seed(bench, device);
  const hello = await compiledHello(bench);
  const curl = ["/usr/bin/curl", "-s", "--unix-socket", device.socket, "http://x/v1/ping"];
  const way = (name: string, command: string[], against: string): Way => ({
    name,
    run: () => expectSuccess(command),
    against,
  });
  const ways: Way[] = [
    way("curl /v1/ping", curl, "curl /v1/ping"),
    { ...way("hostctl ping", device.hostctl("ping"), "curl /v1/ping"), aim: 1 },
    way("hostctl container status", device.hostctl("container", "status"), "curl /v1/ping"),
    way("console.log, compiled alike", [hello], "console.log, compiled alike"),
    way("host-service boot", device.hook, "console.log, compiled alike"),
    way("host-service --version", [device.program("host-service"), "--version"], "console.log, compiled alike"),
    await daemonStart(bench),
  ];
  const rows = await compare(ways, Math.max(bench.rounds, roundsMin));
  const hook = rows.find(({ name }) => name === "host-service boot");
  const figures: Figure[] = [{ name: "host-service boot", value: hook?.medianMs ?? Number.NaN, unit: "ms", aim: 15 }];
  figures.push(...(await serving(bench, device)));
  await Bun.sleep(quietMs);
  figures.push({ name: "idle daemon, resident", value: megabytes(device.pid, "VmRSS"), unit: "MB", aim: 35 });
  figures.push({ name: "idle daemon, of its own", value: megabytes(device.pid, "RssAnon"), unit: "MB" });
  await device.end();
  return { rows, figures, missing: figures.some(({ name }) => name.startsWith("nginx")) ? [] : ["nginx"] };
}

/** So that the hook finds a container. */
async function seed(bench: Bench, device: Device): Promise<void> {
  const archive = path.join(bench.directory, "small.tar");
  const { entry, end, joined } = await import("@host-service/fixtures");
  writeFileSync(archive, joined(entry({ name: "etc-hostname" }, "edge\n"), end()));
  await device.install(archive);
}

/** What nothing but the runtime costs. */
async function compiledHello({ directory }: Bench): Promise<string> {
  const source = path.join(directory, "hello.ts");
  const file = path.join(directory, "hello");
  writeFileSync(source, 'console.log("OK");\n');
  const flags = ["--compile", "--minify", "--bytecode", "--format=esm", "--sourcemap=none"];
  await expectSuccess([process.execPath, "build", ...flags, source, "--outfile", file]);
  return file;
}

async function daemonStart(bench: Bench): Promise<Way> {
  const device = await Device.boot(bench);
  await device.pause();
  let daemon: Bun.Subprocess | undefined;
  return {
    name: "host-service, until it answers",
    run: async () => {
      daemon = device.start();
      await device.ready(daemon);
    },
    after: async () => {
      daemon?.kill("SIGTERM");
      await daemon?.exited;
      rmSync(device.socket, { force: true });
    },
    against: "console.log, compiled alike",
  };
}

async function serving(bench: Bench, device: Device): Promise<Figure[]> {
  const nginx = await startNginx(bench.directory);
  const servers = [
    { name: "host-service", socket: device.socket },
    ...(nginx === undefined ? [] : [{ name: "nginx", socket: nginx.socket }]),
  ];
  const found = new Map<string, number[]>();
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const { name, socket } of servers) {
      for (const connections of connectionCounts) {
        const key = `${name}, requests with ${connections} connection${connections === 1 ? "" : "s"}`;
        const perSecond = await requestsPerSecond(socket, connections);
        found.set(key, [...(found.get(key) ?? []), perSecond]);
      }
    }
  }
  nginx?.end();
  return [...found].map(([name, values]) => ({ name, value: median(values), unit: "/s" }));
}
