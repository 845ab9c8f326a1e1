// Start-up time and memory of the compiled program: see README.md.
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

const root = path.resolve(import.meta.dirname, "..");
const { values } = parseArgs({ options: { rounds: { type: "string", default: "21" }, dist: { type: "string" } } });
const dist = path.resolve(values.dist ?? path.join(root, "dist"));
const rounds = Number.parseInt(values.rounds, 10);

interface Sample {
  ms: number;
  cpuMs: number;
  megabytes: number;
}

interface Way {
  name: string;
  command: string[];
  /** The way that it is compared with. */
  yardstick: string;
  samples: Sample[];
}

const directory = await mkdtemp(path.join(tmpdir(), "host-service-startup-"));
try {
  await main();
} finally {
  await rm(directory, { recursive: true });
}

async function main(): Promise<void> {
  const configuration = await device();
  const hello = await compiledHello();
  const daemon = startDaemon(configuration);
  try {
    await ready(daemon);
    const ways = waysOf(configuration, hello);
    // The first round only fills the caches.
    for (let round = 0; round <= rounds; round += 1) {
      for (const way of ways) {
        const sample = measure(way.command);
        if (round > 0) way.samples.push(sample);
      }
    }
    print(ways);
    // Until it has given back what it does not need while nobody calls.
    await Bun.sleep(4000);
    console.log(`\nidle daemon: ${await memoryOf(daemon.pid)}`);
  } finally {
    daemon.kill("SIGTERM");
    await daemon.exited;
  }
}

/** A state directory with one committed container, as the hook finds it at every boot. */
async function device(): Promise<string> {
  const configuration = path.join(directory, "config.toml");
  await writeFile(
    configuration,
    ["socket", "run_dir", "state_dir"].map((key) => `${key} = ${JSON.stringify(path.join(directory, key))}\n`).join(""),
  );
  const image = path.join(directory, "image");
  await mkdir(path.join(image, "etc"), { recursive: true });
  await writeFile(path.join(image, "etc/hostname"), "edge\n");
  const archive = path.join(directory, "rootfs.tar.gz");
  succeed(["tar", "-C", image, "-czf", archive, "."]);
  const config = path.join(directory, "config.yaml");
  await writeFile(config, 'name: edge\ntype: container\nversion: "1.0.0"\n');
  succeed([program("host-service"), "seed", "--config", configuration, config, archive]);
  succeed(hook(configuration));
  return configuration;
}

/** What nothing but the runtime costs, built as the program is. */
async function compiledHello(): Promise<string> {
  const source = path.join(directory, "hello.ts");
  const file = path.join(directory, "hello");
  await writeFile(source, 'console.log("OK");\n');
  const flags = ["--compile", "--minify", "--bytecode", "--format=esm", "--sourcemap=none"];
  succeed([process.execPath, "build", ...flags, source, "--outfile", file]);
  return file;
}

function waysOf(configuration: string, hello: string): Way[] {
  const socket = path.join(directory, "socket");
  const hostctl = [program("hostctl"), "--socket-path", socket];
  const job = JSON.stringify({ bytes: 0, offset: 0 });
  const ways: [string, string[], string][] = [
    ["hello", [hello], "hello"],
    ["curl /v1/ping", ["curl", "-s", "--unix-socket", socket, "http://x/v1/ping"], "curl /v1/ping"],
    ["hostctl ping", [...hostctl, "ping"], "curl /v1/ping"],
    ["hostctl container status", [...hostctl, "container", "status"], "curl /v1/ping"],
    ["host-service boot", hook(configuration), "hello"],
    ["host-service --version", [program("host-service"), "--version"], "hello"],
    ["job digest, nothing to read", [program("host-service"), "job", "digest", job], "hello"],
  ];
  return ways.map(([name, command, yardstick]) => ({ name, command, yardstick, samples: [] }));
}

function startDaemon(configuration: string): Bun.Subprocess {
  return Bun.spawn([program("host-service"), "--config", configuration, "--boot-id", "bench"], {
    // As under systemd.
    env: { HOST_SERVICE_LOG: "json" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
}

async function ready(daemon: Bun.Subprocess): Promise<void> {
  const ping = [program("hostctl"), "--socket-path", path.join(directory, "socket"), "ping"];
  while (Bun.spawnSync(ping, { stdout: "ignore", stderr: "ignore" }).exitCode !== 0) {
    if (daemon.exitCode !== null) throw new Error(`Cannot measure: the daemon ended with ${daemon.exitCode}`);
    await Bun.sleep(20);
  }
}

function hook(configuration: string): string[] {
  return [program("host-service"), "boot", "--config", configuration, "--boot-id", "bench"];
}

function program(name: string): string {
  return path.join(dist, name);
}

function succeed(command: string[]): void {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0)
    throw new Error(`Cannot prepare: "${command.join(" ")}": ${stdout.toString()}${stderr.toString()}`);
}

/** The whole process, from its start to its end; memory is the peak of its resident pages. */
function measure(command: string[]): Sample {
  const started = performance.now();
  const { exitCode, resourceUsage } = Bun.spawnSync(command, { env: {}, stdin: "ignore" });
  const ms = performance.now() - started;
  if (exitCode !== 0) throw new Error(`Cannot measure "${command.join(" ")}": exit code ${exitCode}`);
  return { ms, cpuMs: Number(resourceUsage.cpuTime.total) / 1000, megabytes: peakOf(command) };
}

/** In a run of its own, started by a small program: a child's peak includes what its parent had when it forked. */
function peakOf(command: string[]): number {
  const report = path.join(directory, "peak");
  succeed(["/usr/bin/time", "--format=%M", `--output=${report}`, ...command]);
  return (Number(readFileSync(report, "utf8")) * 1024) / 1e6;
}

function print(ways: readonly Way[]): void {
  console.log("| way | ms (median) | min – max | CPU ms | ratio | compared with | peak MB |");
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (const { name, yardstick, samples } of ways) {
    const ms = samples.map((sample) => sample.ms).toSorted((a, b) => a - b);
    const theirs = ways.find((way) => way.name === yardstick)?.samples ?? [];
    const ratio = median(ms) / median(theirs.map((sample) => sample.ms));
    const cells = [
      name,
      median(ms).toFixed(1),
      `${ms.at(0)?.toFixed(1)} – ${ms.at(-1)?.toFixed(1)}`,
      median(samples.map((sample) => sample.cpuMs)).toFixed(1),
      ratio.toFixed(2),
      yardstick,
      median(samples.map((sample) => sample.megabytes)).toFixed(1),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** Which part belongs to the process alone, and which are pages of the executable that every process of it shares. */
async function memoryOf(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const megabytes = (key: string) => {
    const found = new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(status);
    return ((Number(found?.[1]) * 1024) / 1e6).toFixed(1);
  };
  return `${megabytes("VmRSS")} MB resident: ${megabytes("RssAnon")} of its own, ${megabytes("RssFile")} of files`;
}
