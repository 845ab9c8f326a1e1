import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Device } from "../kit/device.ts";
import { beginRequest } from "../kit/half-request.ts";
import { begin, ranOf, run } from "../kit/run.ts";
import type { Running } from "../kit/run.ts";
import { until } from "../kit/until.ts";

/** A device whose daemon is a process of its own, which is ended with the test. */
async function onServer(
  use: (device: Device, server: Running) => Promise<void>,
  environmentOf: (directory: string) => Record<string, string> = () => ({}),
): Promise<void> {
  const device = await Device.make();
  const words = ["--config", device.configurationFile, "--boot-id", device.bootId];
  const server = begin(words, environmentOf(device.directory));
  try {
    await until("the daemon answers", async () => {
      if (server.exitCode !== null) throw new Error(`Cannot start the daemon: ${await server.stderr.text()}`);
      return (await device.fetch("GET", "/v1/ping").catch(() => undefined))?.ok === true;
    });
    await use(device, server);
  } finally {
    server.kill("SIGKILL");
    await server.exited;
    await device.remove();
  }
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`serve ends with 0 on ${signal}, and logs a JSON object a line for the journal`, () =>
    onServer(
      async (device, server) => {
        server.kill(signal);
        const { exit, stdout, stderr } = await ranOf(server);
        expect([exit, stdout]).toEqual([0, ""]);
        const lines = stderr.trimEnd().split("\n");
        const logged = lines.map((line): unknown => JSON.parse(line));
        const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
        expect(logged).toEqual([
          {
            time,
            level: "info",
            message: expect.stringMatching(/^host-service \S+ is listening$/),
            socket: device.socketOf(),
          },
          { time, level: "info", message: "Stopping" },
          { time, level: "info", message: "Stopped" },
        ]);
      },
      () => ({ JOURNAL_STREAM: "8:1" }),
    ));
}

test("serve ends at once with 1 on a second signal", () =>
  onServer(async (device, server) => {
    // A client that sends half a request holds the end for a moment.
    const quiet = await beginRequest(device.socketOf(), "POST /v1/system/reboot", { "content-length": 10 });
    quiet.send("{");
    const reader = server.stderr.getReader();
    let log = "";
    const decoder = new TextDecoder();
    const logged = async (word: string) => {
      while (!log.includes(word)) log += decoder.decode((await reader.read()).value, { stream: true });
    };
    await logged("is listening");
    server.kill("SIGTERM");
    await logged("Stopping");
    server.kill("SIGTERM");
    expect(await server.exited).toBe(1);
    quiet.leave();
  }));

const python = Bun.which("python3");
if (python === null) process.stderr.write("skipped: READY=1 and STOPPING=1, as there is no python3 to receive them\n");

/** systemd's side: prints what it is sent. */
const manager = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
for _ in range(2): print(s.recv(4096), flush=True)
`;

test.skipIf(python === null)("serve tells systemd READY=1 and STOPPING=1", async () => {
  const device = await Device.make();
  const path = join(device.directory, "notify");
  const receiver = Bun.spawn([python ?? "", "-c", manager, path], { stdout: "pipe", stdin: "ignore" });
  const reader = receiver.stdout.getReader();
  let said = "";
  const heard = async (word: string) => {
    while (!said.includes(word)) said += new TextDecoder().decode((await reader.read()).value);
  };
  try {
    await heard("bound");
    const server = begin(["--config", device.configurationFile], { NOTIFY_SOCKET: path });
    await heard("READY=1");
    expect((await device.fetch("GET", "/v1/ping")).status).toBe(200);
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    await heard("STOPPING=1");
    expect(said).toContain(`b'READY=1\\nSTATUS=Listening on ${device.socketOf()}'`);
  } finally {
    receiver.kill("SIGKILL");
    await receiver.exited;
    await device.remove();
  }
});

test("serve starts although nobody hears that it is ready", () =>
  onServer(
    async (_device, server) => {
      server.kill("SIGTERM");
      expect((await ranOf(server)).exit).toBe(0);
    },
    (directory) => ({ NOTIFY_SOCKET: join(directory, "nobody") }),
  ));

test("serve says why it cannot start, and ends with 1", async () => {
  const device = await Device.make();
  try {
    await writeFile(join(device.directory, "host"), "precious");
    const inTheWay = await run(["--config", device.configurationFile], { HOST_SERVICE_LOG: "json" });
    expect([inTheWay.exit, inTheWay.stdout]).toEqual([1, ""]);
    expect(JSON.parse(inTheWay.stderr)).toMatchObject({
      level: "error",
      message: `Cannot listen on "${device.socketOf()}": something that is not a socket is there; move it away`,
    });
    const missing = await run(["--config", "/nothing/there"], { HOST_SERVICE_LOG: "json" });
    expect([missing.exit, missing.stderr]).toEqual([1, expect.stringContaining("Cannot read /nothing/there")]);
  } finally {
    await device.remove();
  }
});
