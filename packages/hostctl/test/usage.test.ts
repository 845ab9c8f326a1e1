import { expect, test } from "bun:test";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitCodes, routes } from "@host-service/protocol";
import { isGroup } from "../source/arguments/command.ts";
import type { OptionSpec } from "../source/arguments/command.ts";
import { scan } from "../source/arguments/scan.ts";
import { entries } from "../source/commands/entries.ts";
import { noConnection, pingPath, shortPing } from "../source/ping.ts";
import { statuses } from "./examples.ts";
import { fakeHost } from "./fake-host.ts";
import { expectGolden, transcript } from "./golden.ts";
import { run } from "./run.ts";

const commandLines = [
  "",
  "container",
  "contaner status",
  "container stat",
  "container frobnicate",
  "system states",
  "ping --quite",
  "ping extra",
  "ping --expect 5",
  "ping --json --what",
  "reboot --json=1",
  "--socket-path",
  "container status --name",
  "container status --name ..",
  "container status --name a/b",
  "container commit --expect 1 --expect 2",
  "-s a -s b ping",
  "--progress fancy ping",
  "container install",
  "container install config.yaml",
  "container install a b c d",
  "container install - rootfs.tar",
  "container config",
  "container config frobnicate",
  "container config get",
  "container config list a",
  "container config set user.a",
  "container config set user.a 1 2",
  "container device add",
  "container device add data",
  "container device add data type",
  "container device remove data more",
  "completion",
  "completion tcsh",
  "image build a b",
  "--version",
  "ping -- --quiet",
  "container logs --lines many",
  "container logs --boot=1",
  "container logs --follow --trial",
  "container logs -f --json",
];

test("hostctl says what is wrong with a command line, on one line, and ends with 2", async () => {
  const parts: string[] = [];
  for (const line of commandLines) {
    const argv = line.split(" ").filter((word) => word !== "");
    parts.push(transcript(argv, await run(argv, { socketPath: "/nonexistent/socket" })));
  }
  await expectGolden("usage.txt", parts.join("\n"));
});

test("hostctl --help of every command fits into 80 columns", async () => {
  const paths = [[], ...entries.flatMap((entry) => [[entry.name], ...commandsIn(entry.name)])];
  const parts: string[] = [];
  for (const path of paths) {
    const argv = [...path, "--help"];
    const ran = await run(argv);
    expect(ran.stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    parts.push(transcript(argv, ran));
  }
  await expectGolden("help.txt", parts.join("\n"));
});

function commandsIn(name: string): string[][] {
  const entry = entries.find((known) => known.name === name);
  return entry !== undefined && isGroup(entry) ? entry.commands.map((command) => [name, command.name]) : [];
}

test("hostctl takes global options before, between and after the words of a command", async () => {
  await using host = await fakeHost({ "GET /v1/containers/edge": { json: statuses.normal } });
  const socket = ["--socket-path", host.socketPath];
  const orders = [
    [...socket, "--json", "container", "status", "--name", "edge"],
    ["container", ...socket, "status", "--json", "--name=edge"],
    ["container", "status", "--name", "edge", "--json", "-s", host.socketPath],
    ["--name", "edge", "container", "--json", "status", `--socket-path=${host.socketPath}`],
  ];
  for (const argv of orders) {
    const ran = await run(argv, { socketPath: "/nonexistent/socket" });
    expect({ ...ran, stdout: JSON.parse(ran.stdout) }).toEqual({ stdout: statuses.normal, stderr: "", exit: 0 });
  }
});

test("hostctl says why there is no connection, and ends with 3", async () => {
  const directory = await mkdtemp(join(tmpdir(), "hostctl-connection-"));
  try {
    const stale = join(directory, "stale");
    const server = `Bun.serve({unix: ${JSON.stringify(stale)}, fetch: () => new Response()}); console.log("ready")`;
    const child = Bun.spawn([process.execPath, "-e", server], { stdout: "pipe" });
    await child.stdout.getReader().read();
    child.kill("SIGKILL");
    await child.exited;
    await writeFile(join(directory, "file"), "");
    const ends = `Bun.serve({unix: ${JSON.stringify(join(directory, "ends"))}, fetch: () => process.exit(0)}); console.log("ready")`;
    const ending = Bun.spawn([process.execPath, "-e", ends], { stdout: "pipe" });
    await ending.stdout.getReader().read();
    const parts: string[] = [];
    for (const name of ["missing", "stale", "file", ".", "file/socket", "x".repeat(120), "ends"]) {
      const argv = ["container", "status", "-s", name];
      parts.push(transcript(argv, await run(argv, { directory })));
    }
    const short = await run(["ping", "-s", "missing"], { directory });
    const long = await run(["ping", "-s", "missing", "--verbose"], { directory });
    expect(short).toEqual(long);
    parts.push(transcript(["ping", "-s", "missing"], short));
    await expectGolden("connection.txt", parts.join("\n"));
  } finally {
    await rm(directory, { recursive: true });
  }
});

const isRoot = process.getuid?.() === 0;
const noPermission = isRoot ? "as root every socket can be connected to" : "";
if (noPermission !== "") console.log(`skipped: permission of the socket: ${noPermission}`);
test.skipIf(noPermission !== "")("hostctl says that the permission is missing", async () => {
  await using host = await fakeHost({});
  await chmod(host.socketPath, 0);
  const ran = await run(["ping"], { socketPath: host.socketPath });
  expect(ran.stdout).toContain("permission denied; call it as root");
  expect(ran.exit).toBe(exitCodes.noConnection);
});

test("shortPing agrees with the protocol and leaves what it does not know to the long way", () => {
  expect(pingPath).toBe(routes.ping.path);
  expect(noConnection).toBe(exitCodes.noConnection);
  const environment = { HOST_SERVICE_SOCKET: "/env" };
  expect(shortPing(["ping"], {})).toEqual({ socketPath: "/run/host-service", quiet: false });
  expect(shortPing(["ping"], environment)).toEqual({ socketPath: "/env", quiet: false });
  expect(shortPing(["-q", "-s", "/s", "ping"], environment)).toEqual({ socketPath: "/s", quiet: true });
  const longer = [
    [],
    ["ping", "ping"],
    ["ping", "--json"],
    ["ping", "-s"],
    ["ping", "-s", "-q"],
    ["status"],
    ["ping", "--"],
  ];
  for (const argv of longer) expect(shortPing(argv, environment)).toBeUndefined();
});

test("scan reads every command of the table, and its own options", () => {
  const known = entries.flatMap((entry) =>
    isGroup(entry)
      ? entry.commands.map((command) => ({ path: [entry.name, command.name], command }))
      : [{ path: [entry.name], command: entry }],
  );
  expect(known.length).toBeGreaterThan(15);
  for (const { path, command } of known) {
    const words = command.options.flatMap((option) =>
      option.value === undefined ? [`--${option.name}`] : [`--${option.name}`, wordOf(option)],
    );
    const scanned = scan([...path, ...words], entries);
    expect(scanned.path).toEqual(path);
    expect(scanned.options.map(({ option }) => option.name)).toEqual(command.options.map((option) => option.name));
  }
});

/** A value that the option takes. */
function wordOf({ complete }: OptionSpec): string {
  return typeof complete === "object" ? (complete[0] ?? "v") : "v";
}

test("hostctl says nothing more when nobody reads its output any more", async () => {
  const command = `"$0" "$1" --help | head -1; echo "\${PIPESTATUS[0]}"; "$0" "$1" --help > /dev/full; echo $?`;
  const entry = join(import.meta.dir, "../source/main.ts");
  const child = Bun.spawn(["bash", "-c", command, process.execPath, entry], { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect(stdout).toBe("hostctl asks host-service to update containers and to control the host.\n0\n1\n");
  expect(stderr).toBe("Cannot write the output: ENOSPC: no space left on device, write\n");
});
