// What a guest waits for: `/1.0/config/{key}` of our guest API beside the real LXD's, with the same client, which runs in LXD's container each time.
import path from "node:path";
import { atEnd } from "../kit/cleanup.ts";
import { Device, expectSuccess } from "../kit/device.ts";
import { startLxd } from "../kit/lxd.ts";
import type { Figure, Report } from "../kit/report.ts";
import { median, quantile } from "../kit/statistics.ts";
import type { Bench } from "../kit/workplace.ts";

const target = "/1.0/config/user.foo";
const durationMs = 1000;
const loads = [
  { words: "1 connection", connections: 1, manner: "kept" },
  { words: "32 connections", connections: 32, manner: "kept" },
  { words: "a connection for each, one at a time", connections: 1, manner: "new" },
  { words: "a connection for each, 8 at a time", connections: 8, manner: "new" },
] as const;

interface Server {
  name: string;
  socket: string;
}

interface Seen {
  perSecond: number;
  latenciesMs: number[];
}

export async function guests(bench: Bench): Promise<Report> {
  const lxd = await startLxd(bench.directory, { "user.foo": "bar" });
  if (lxd === undefined) return { rows: [], figures: [], missing: ["lxd"] };
  const device = await Device.boot(bench);
  await giveContainer(bench, device);
  const servers: Server[] = [
    { name: `LXD ${lxd.version}`, socket: lxd.socket },
    // The runtime "none": the host's root is asked for, and who belongs to the container is not looked at.
    { name: "host-service", socket: path.join(path.dirname(device.socket), "run/edge/lxd/sock") },
    { name: "its gate, for that container", socket: await startGate(bench, lxd.containerPid) },
  ];
  const ask = async ({ socket }: Server, { connections, manner }: (typeof loads)[number]): Promise<Seen> => {
    const program = path.join(import.meta.dirname, "../programs/guest-client.ts");
    const words = [socket, target, String(connections), String(durationMs), manner];
    const printed = await lxd.inside([process.execPath, program, ...words]);
    const [perSecond = Number.NaN, ...latenciesMs] = printed.trim().split(" ").map(Number);
    if (Number.isNaN(perSecond)) throw new Error(`Cannot measure ${socket}: the client says ${printed}`);
    return { perSecond, latenciesMs };
  };
  const seen = new Map<string, Seen[]>();
  const key = (server: Server, { words }: (typeof loads)[number]) => `${words}: ${server.name}`;
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const load of loads) {
      for (const server of servers) {
        const one = await ask(server, load);
        seen.set(key(server, load), [...(seen.get(key(server, load)) ?? []), one]);
      }
    }
  }
  await device.end();
  lxd.end();
  const figures = loads.flatMap((load) => servers.flatMap((server) => figuresOf(key(server, load), seen)));
  return { rows: [], figures: [...figures, ...ratios(servers, seen, key)], missing: [] };
}

/** The key is set live, so that no image has to boot for it. */
async function giveContainer(bench: Bench, device: Device): Promise<void> {
  const archive = path.join(bench.directory, "small.tar");
  const { entry, end, joined } = await import("@host-service/fixtures");
  await Bun.write(archive, joined(entry({ name: "etc-hostname" }, "edge\n"), end()));
  await device.install(archive);
  await expectSuccess(device.hostctl("container", "config", "set", "user.foo", "bar"));
}

async function startGate(bench: Bench, containerPid: number): Promise<string> {
  const socket = path.join(bench.directory, "gate");
  const program = path.join(import.meta.dirname, "../programs/guest-gate.ts");
  const child = Bun.spawn([process.execPath, program, socket, String(containerPid)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  atEnd(() => child.kill("SIGKILL"));
  while (
    !(await Bun.file(socket)
      .stat()
      .then(
        () => true,
        () => false,
      ))
  ) {
    if (child.exitCode !== null) throw new Error(`Cannot start the gate: exit code ${child.exitCode}`);
    await Bun.sleep(5);
  }
  return socket;
}

function figuresOf(name: string, seen: ReadonlyMap<string, readonly Seen[]>): Figure[] {
  const rounds = seen.get(name) ?? [];
  const at = (share: number) => 1000 * median(rounds.map(({ latenciesMs }) => quantile(latenciesMs, share)));
  return [
    { name, value: median(rounds.map(({ perSecond }) => perSecond)), unit: "/s" },
    { name: `${name}, p50`, value: at(0.5), unit: "µs" },
    { name: `${name}, p99`, value: at(0.99), unit: "µs" },
  ];
}

/** Requests per second, of the peer's: more is better. */
function ratios(
  [peer, ...own]: readonly Server[],
  seen: ReadonlyMap<string, readonly Seen[]>,
  key: (server: Server, load: (typeof loads)[number]) => string,
): Figure[] {
  if (peer === undefined) return [];
  const rate = (server: Server, load: (typeof loads)[number]) =>
    median((seen.get(key(server, load)) ?? []).map(({ perSecond }) => perSecond));
  return loads.flatMap((load) =>
    own.map((server) => ({
      name: `${load.words}: ${server.name}, requests of ${peer.name}'s`,
      value: rate(server, load) / rate(peer, load),
      unit: "×",
    })),
  );
}
