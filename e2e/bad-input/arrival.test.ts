// Clients that leave, come twice, or never finish.
import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configYaml, entry, joined } from "@host-service/fixtures";
import { json } from "../kit/api.ts";
import type { JsonAnswer } from "../kit/api.ts";
import type { Device } from "../kit/device.ts";
import { environment, program } from "../kit/program.ts";
import { until } from "../kit/until.ts";
import { goodImage, noise } from "./good-image.ts";
import { Table } from "./table.ts";

const table = new Table("arrival");
const install = "/v1/containers/edge/install";
const beginning = joined(
  entry({ name: "config.yaml" }, configYaml({ name: "edge", version: "2.0.0" })),
  noise(100_000),
);

/** A request whose body begins and never ends; it is there when some of its bytes are. */
async function unfinished(device: Device, lines = ""): Promise<Bun.Socket> {
  const socket = await Bun.connect({ unix: device.socket, socket: { data: () => {} } });
  const head = `POST ${install} HTTP/1.1\r\nhost: h\r\ncontent-type: application/x-tar\r\ncontent-length: 5000000\r\n`;
  socket.write(`${head}${lines}\r\n`);
  socket.write(beginning);
  await until("some of the body is there", async () => (await device.inbox()).length > 0);
  return socket;
}

/** What the operation that was left has come to, from the history. */
async function outcome(device: Device, id: string): Promise<JsonAnswer> {
  await until("the operation has ended", async () => {
    const { body } = await json(device.socket, `/v1/operations/${id}`);
    return body["state"] !== "running";
  });
  const { body } = await json(device.socket, `/v1/operations/${id}`);
  const problem = body["problem"] as Record<string, unknown>;
  return { status: Number(problem["status"]), body: problem };
}

const arrived = [/after \d.*?\) of/gu, "after <bytes> of"] as const;
table.rawRow(
  "a client that closes its socket midway",
  422,
  async (device) => {
    const id = crypto.randomUUID();
    const socket = await unfinished(device, `operation-id: ${id}\r\n`);
    socket.end();
    return await outcome(device, id);
  },
  { mask: [arrived] },
);
table.rawRow(
  "a client that resets its connection midway",
  422,
  async (device) => {
    const id = crypto.randomUUID();
    const socket = await unfinished(device, `operation-id: ${id}\r\n`);
    socket.terminate();
    return await outcome(device, id);
  },
  { mask: [arrived] },
);
table.rawRow(
  "hostctl that is killed midway",
  422,
  async (device) => {
    const child = Bun.spawn([...program("hostctl"), "container", "install", "-", "--name", "edge"], {
      env: { ...environment, HOST_SERVICE_SOCKET: device.socket },
      stdin: "pipe",
      stdout: "ignore",
      stderr: "ignore",
    });
    // It is never closed: hostctl waits for more.
    await child.stdin.write(beginning);
    await child.stdin.flush();
    const id = await until("the operation has begun", async () => {
      const { body } = await json(device.socket, "/v1/containers/edge");
      return typeof body["operation"] === "string" ? body["operation"] : undefined;
    });
    await until("some of the body is there", async () => (await device.inbox()).length > 0);
    child.kill("SIGKILL");
    await child.exited;
    return await outcome(device, id);
  },
  { mask: [[/after \d[^;]*;/gu, "after <bytes>;"]] },
);

async function whileAnotherRuns<Result>(device: Device, act: (id: string) => Promise<Result>): Promise<Result> {
  const id = crypto.randomUUID();
  const socket = await unfinished(device, `operation-id: ${id}\r\n`);
  try {
    return await act(id);
  } finally {
    socket.terminate();
    await outcome(device, id);
  }
}
table.row("a second install at the same time", 6, (device) =>
  whileAnotherRuns(device, async (id) => {
    const { config, rootfs } = goodImage();
    const answer = await device.hostctl("container", "install", config, rootfs);
    expect(answer.stdout).toContain(id);
    return answer;
  }),
);
table.rawRow("a second install at the same time, before its body", 409, (device) =>
  whileAnotherRuns(device, async (id) => {
    const leaving = new AbortController();
    const body = new ReadableStream<Uint8Array>();
    const answer = await json(device.socket, install, {
      method: "POST",
      headers: { "content-type": "application/x-tar" },
      body,
      signal: leaving.signal,
    });
    leaving.abort();
    expect(answer.body["operation"]).toBe(id);
    return answer;
  }),
);
table.row("a commit while an install runs", 6, (device) =>
  whileAnotherRuns(device, () => device.hostctl("container", "commit")),
);
table.rawRow("an operation id that is taken", 400, (device) =>
  whileAnotherRuns(device, (id) =>
    json(device.socket, "/v1/containers/edge/commit", { method: "POST", headers: { "operation-id": id } }),
  ),
);
table.rawRow("an operation that is cancelled while its body arrives", 409, async (device) => {
  const id = crypto.randomUUID();
  const socket = await unfinished(device, `operation-id: ${id}\r\n`);
  const { body } = await json(device.socket, `/v1/operations/${id}`, { method: "DELETE" });
  socket.terminate();
  const problem = body["problem"] as Record<string, unknown>;
  return { status: Number(problem["status"]), body: problem };
});
table.row("standard input that ends too early", 5, (device) => {
  const path = join(table.workplace, "beginning.tar");
  writeFileSync(path, beginning);
  return device.hostctlWith({ stdin: Bun.file(path) }, "container", "install", "-");
});
table.complete();
