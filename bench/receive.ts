// How long it takes until a body or a file is verified and durable in the inbox, beside `cp`, `sync` and `openssl`.
// bun bench/receive.ts [--gibibytes 1] [--rounds 5] [--directory DIR]
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openInbox } from "../packages/ingest/source/index.ts";
import { runCopyJob, runDigestJob } from "../packages/ingest/source/job.ts";

const program = [process.execPath, import.meta.path];
const pingIntervalMs = 10;
const mebibyte = 1024 * 1024;

/** The daemon's part of the work, in a process of its own whose memory can be read. */
async function serve(directory: string): Promise<void> {
  const limits = { imageBytesMax: 2 ** 40, stallTimeoutMs: 60_000, reserveBytes: 0 };
  const inbox = await openInbox({ directory: join(directory, "inbox"), program, limits });
  const options = {
    unix: join(directory, "socket"),
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    async fetch(request: Request): Promise<Response> {
      if (request.method === "GET") return new Response("pong");
      const path = request.headers.get("x-path");
      const file = await (path === null ? inbox.receiveBody(request) : inbox.receivePath(path));
      await file.discard();
      return new Response(file.sha256);
    },
  };
  // The types forbid it on a Unix socket, where it counts all the same.
  Object.assign(options, { idleTimeout: 0 });
  Bun.serve(options);
  console.log("ready");
}

/** Pings until standard input ends, then prints every latency. In a process of its own: it must not wait for the sender. */
async function ping(socket: string): Promise<void> {
  const latenciesMs: number[] = [];
  const ended = new AbortController();
  const input = Bun.stdin.text().then(() => ended.abort());
  while (!ended.signal.aborted) {
    const startMs = performance.now();
    await (await fetch("http://device/ping", { unix: socket })).text();
    latenciesMs.push(performance.now() - startMs);
    await Bun.sleep(pingIntervalMs);
  }
  await input;
  console.log(JSON.stringify(latenciesMs));
}

interface Bench {
  readonly directory: string;
  readonly image: string;
  readonly socket: string;
  readonly digest: string;
}

type Scenario = (bench: Bench) => Promise<void>;

const reference = "cp, then sync beside openssl dgst";
const scenarios: Record<string, Scenario> = {
  [reference]: ({ image, directory }) =>
    shell('cp "$1" "$2" && { sync "$2" & openssl dgst -sha256 "$2" >/dev/null & wait; }; rm "$2"', image, directory),
  "cp, then sync": ({ image, directory }) => shell('cp "$1" "$2" && sync "$2"; rm "$2"', image, directory),
  "openssl dgst alone": ({ image, directory }) => shell('openssl dgst -sha256 "$1" >/dev/null', image, directory),
  "receiveBody (fetch, sendfile)": (bench) => receive(bench, { body: Bun.file(bench.image) }),
  receivePath: (bench) => receive(bench, { headers: { "x-path": bench.image } }),
};

async function shell(script: string, image: string, directory: string): Promise<void> {
  const child = Bun.spawn(["sh", "-c", script, "sh", image, join(directory, "copy")]);
  if ((await child.exited) !== 0) throw new Error(`Cannot run ${script}`);
}

async function receive({ socket, digest }: Bench, options: BunFetchRequestInit): Promise<void> {
  const answer = await fetch("http://device/", { ...options, unix: socket, method: "POST", timeout: false });
  const text = await answer.text();
  if (text !== digest) throw new Error(`Cannot compare: the daemon received ${text}`);
}

/** Peak resident memory of the server in MiB, and of the largest of its children. */
async function watchMemory(pid: number, during: () => Promise<void>): Promise<{ server: number; job: number }> {
  // 5 resets the peak; see proc_pid_clear_refs(5).
  await writeFile(`/proc/${pid}/clear_refs`, "5");
  let job = 0;
  const timer = setInterval(() => void childPeak(pid).then((peak) => (job = Math.max(job, peak))), 20);
  await during();
  clearInterval(timer);
  return { server: await peakOf(pid), job };
}

async function childPeak(pid: number): Promise<number> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(tasks.map((task) => readOr(`/proc/${pid}/task/${task}/children`)));
  const peaks = await Promise.all(
    lists
      .flatMap((list) => list.split(" ").filter(Boolean))
      .map(Number)
      .map(peakOf),
  );
  return Math.max(0, ...peaks);
}

async function peakOf(pid: number): Promise<number> {
  const kibibytes = /VmHWM:\s+(\d+)/.exec(await readOr(`/proc/${pid}/status`))?.[1];
  return Number(kibibytes ?? 0) / 1024;
}

/** A process may be gone by now. */
function readOr(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

interface Result {
  readonly timesMs: number[];
  readonly pingsMs: number[];
  serverMebibytes: number;
  jobMebibytes: number;
}

async function measure(bench: Bench, serverPid: number, rounds: number): Promise<void> {
  const results = new Map<string, Result>();
  for (const name of Object.keys(scenarios)) {
    results.set(name, { timesMs: [], pingsMs: [], serverMebibytes: 0, jobMebibytes: 0 });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, result] of results) {
      // A virtual machine gives freed pages back to its host, and pays for them again: each starts after the same work.
      await shell('cp "$1" "$2" && rm "$2"', bench.image, bench.directory);
      const pinger = Bun.spawn([...program, "ping", bench.socket], { stdin: "pipe", stdout: "pipe" });
      const memory = await watchMemory(serverPid, async () => {
        const startMs = performance.now();
        await scenarios[name]?.(bench);
        result.timesMs.push(performance.now() - startMs);
      });
      await pinger.stdin.end();
      result.pingsMs.push(...JSON.parse(await pinger.stdout.text()));
      result.serverMebibytes = Math.max(result.serverMebibytes, memory.server);
      result.jobMebibytes = Math.max(result.jobMebibytes, memory.job);
    }
  }
  print(results);
}

function print(results: ReadonlyMap<string, Result>): void {
  const base = quantile(results.get(reference)?.timesMs ?? [], 0.5);
  console.log("| way | ms (median) | min – max | ratio | ping ms p50 / p99 / max | server MiB | job MiB |");
  console.log("|---|---|---|---|---|---|---|");
  for (const [name, { timesMs, pingsMs, serverMebibytes, jobMebibytes }] of results) {
    const median = quantile(timesMs, 0.5);
    const range = `${Math.min(...timesMs).toFixed(0)} – ${Math.max(...timesMs).toFixed(0)}`;
    const pings = [0.5, 0.99, 1].map((share) => quantile(pingsMs, share).toFixed(1)).join(" / ");
    const memory = `${serverMebibytes.toFixed(0)} | ${jobMebibytes.toFixed(0)}`;
    console.log(`| ${name} | ${median.toFixed(0)} | ${range} | ${(median / base).toFixed(2)} | ${pings} | ${memory} |`);
  }
}

async function bench(argv: string[]): Promise<void> {
  const { values } = parseArgs({
    args: argv,
    options: {
      gibibytes: { type: "string", default: "1" },
      rounds: { type: "string", default: "5" },
      directory: { type: "string", default: tmpdir() },
    },
  });
  const directory = await mkdtemp(join(values.directory, "bench-receive-"));
  const server = Bun.spawn([...program, "serve", directory], { stdout: "pipe" });
  try {
    const image = join(directory, "image");
    const count = Math.round(Number(values.gibibytes) * 1024);
    await shell(`head -c ${count * mebibyte} /dev/urandom >"$1" && sync "$1"`, image, directory);
    const digest = (await Bun.$`openssl dgst -sha256 -r ${image}`.text()).slice(0, 64);
    // The first line says that the socket is there.
    await server.stdout.getReader().read();
    await measure({ directory, image, socket: join(directory, "socket"), digest }, server.pid, Number(values.rounds));
  } finally {
    server.kill();
    await rm(directory, { recursive: true });
  }
}

const [word, first = "", ...rest] = process.argv.slice(2);
if (word === "serve") await serve(first);
else if (word === "ping") await ping(first);
else if (word === "job") process.exitCode = await (first === "copy" ? runCopyJob : runDigestJob)(rest);
else await bench(process.argv.slice(2));
