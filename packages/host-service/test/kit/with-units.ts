// A device whose containers run: under the fake systemd of the fixtures, with real processes.
import { configYaml, end, entry, joined, makeFakeSystemd } from "@host-service/fixtures";
import type { ConfigYaml, FakeSystemd, FakeSystemdOptions } from "@host-service/fixtures";
import { containerUnits } from "@host-service/runtime/units";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Device } from "./device.ts";
import type { Wishes } from "./device.ts";
import type { Image } from "./images.ts";
import { until } from "./until.ts";

export interface Units {
  device: Device;
  systemd: FakeSystemd;
}

type Options = { wishes?: Wishes; ceiling?: string } & Partial<
  Omit<FakeSystemdOptions, "runDirectory" | "stateDirectory">
>;

/** The daemon runs, and whatever happens, nothing is left of it and of the containers. */
export async function withUnits(use: (units: Units) => Promise<void>, options: Options = {}): Promise<void> {
  const { wishes = "", ceiling = "", ...how } = options;
  const device = await Device.make(`${wishes}[containers.edge]\nprivileged = true\n${ceiling}`);
  device.units = containerUnits({ isBooted: () => true });
  const [runDirectory, stateDirectory] = [join(device.directory, "run"), join(device.directory, "state")];
  const systemd = makeFakeSystemd({ runDirectory, stateDirectory, ...how });
  // An install asks whether the runtime's program is there.
  await writeFile(join(systemd.programs, "lxc-start"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const path = process.env["PATH"] ?? "";
  process.env["PATH"] = `${systemd.programs}:${path}`;
  try {
    await device.start();
    await use({ device, systemd });
  } finally {
    process.env["PATH"] = path;
    await device.remove();
    systemd.remove();
  }
}

/** Says which version it is, notes in STATE that it runs, and goes on until it is told to end. */
export const lasting = (version: string) =>
  `echo "this is ${version}"; trap 'exit 0' TERM; while :; do sleep 0.02; done\n`;
export const failing = (version: string) => `echo "version ${version} cannot find its disk" >&2; exit 1\n`;

/** Privileged, so that it needs no range of ids, and the tests no root. */
export function runnable(version: string, init = lasting(version), wishes: Partial<ConfigYaml> = {}): Image {
  const config = { "security.privileged": "true" };
  return { config: configYaml({ name: "edge", version, runtime: "lxc", config, ...wishes }), rootfs: rootfsOf(init) };
}

function rootfsOf(init: string): Uint8Array {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const directory = (name: string) => entry({ ...owner, name, type: "5", mode: 0o755 });
  const program = entry({ ...owner, name: "sbin/init", mode: 0o755 }, `#!/bin/sh\n${init}`);
  return Bun.gzipSync(new Uint8Array(joined(directory("./"), directory("sbin/"), program, end())));
}

export type Body = Record<string, unknown>;

export async function statusOf(device: Device): Promise<Body> {
  return (await device.call("GET", "/v1/containers/edge")).body;
}

export function post(device: Device, action: string, as?: string) {
  const options = { headers: { "content-type": "application/json" }, body: "{}" };
  return device.call("POST", `/v1/containers/edge/${action}`, as === undefined ? options : { ...options, as });
}

/** Installs, tries and commits: from then on it is the committed image, and runs. */
export async function commitFirst(device: Device, version = "1.0.0", wishes: Partial<ConfigYaml> = {}): Promise<void> {
  const steps = [
    await device.install(runnable(version, lasting(version), wishes)),
    await post(device, "try"),
    await post(device, "commit"),
  ];
  for (const { status, body } of steps) if (status !== 200) throw new Error(`Cannot go on: ${JSON.stringify(body)}`);
}

/** What its unit runs now, by what it says of itself; undefined where nothing does. */
export async function untilRuns(device: Device, version: string | undefined): Promise<void> {
  await until(`${version ?? "nothing"} runs`, async () => {
    const { unit, running } = (await statusOf(device)) as { unit?: { state: string }; running?: { version: string } };
    return version === undefined
      ? unit?.state !== "running"
      : unit?.state === "running" && running?.version === version;
  });
}

export async function historyOf(device: Device): Promise<string[]> {
  const { body } = await device.call("GET", "/v1/containers/edge/history");
  const { history } = body as { history: Record<string, string>[] };
  return history.map(({ action, result, version, why }) => [action, result, version, why].filter(Boolean).join(" "));
}
