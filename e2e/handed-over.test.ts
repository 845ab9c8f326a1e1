// Descriptors that a container hands over: what is refused, for whom a token is good and how long, and that nothing of them stays open.
import { expect, test } from "bun:test";
import { readFile, readdir } from "node:fs/promises";
import type { JsonAnswer } from "./kit/api.ts";
import { events, json } from "./kit/api.ts";
import type { Device } from "./kit/device.ts";
import { Transcript } from "./kit/golden.ts";
import type { HandedOver } from "./kit/hand-over.ts";
import { handOver } from "./kit/hand-over.ts";
import { needsFuse, onHangingFileSystem } from "./kit/hanging-file-system.ts";
import type { Image } from "./kit/images.ts";
import { smallImage } from "./kit/images.ts";
import { onDevice } from "./kit/on-device.ts";
import { childrenOf } from "./kit/processes.ts";
import { needsRoot, testUnless } from "./kit/requirements.ts";
import { slowImage } from "./kit/slow-image.ts";
import { install } from "./kit/steps.ts";
import { until } from "./kit/until.ts";

async function postInstall(
  socket: string,
  token: string,
  { image, headers }: { image: Image; headers?: Record<string, string> },
): Promise<JsonAnswer> {
  const config = { inline: await readFile(image.config, "utf8") };
  return await json(socket, "/v1/containers/~/install", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ config, rootfs: { token } }),
  });
}

async function openIn(device: Device): Promise<number> {
  return (await readdir(`/proc/${device.daemonPid}/fd`)).length;
}

async function expectNothingOpen(device: Device, before: number): Promise<void> {
  await until("nothing more is open than before", async () => (await openIn(device)) <= before);
  await until("no job is left", async () => (await childrenOf(device.daemonPid)).length === 0);
  expect(await device.inbox()).toEqual([]);
}

const refused =
  "nothing none two many path directory-path write-only directory device pipe socket memfd memfd-shrinks memfd-writable unnamed".split(
    " ",
  );

test("what is not one open, regular, readable file is refused, and nothing of it stays open", () =>
  onDevice(async (device) => {
    const image = await smallImage("1.0.0");
    await install(device, image);
    const socket = device.socketOf("edge");
    const transcript = new Transcript(device);
    const before = await openIn(device);
    for (const what of refused) {
      const caller = await handOver(socket, what, image.rootfs);
      const { status, body } = await postInstall(socket, caller.token, { image });
      const text = `${status} ${String(body["code"])}: ${String(body["detail"])}\n`;
      transcript.add(["hand over:", what], { stdout: text, stderr: "", exitCode: 0 });
      await caller.leave();
    }
    await expectNothingOpen(device, before);
    await transcript.compare("handed-over");
  }));

test("an open file and sealed memory are taken", () =>
  onDevice(async (device) => {
    const image = await smallImage("1.0.0");
    await install(device, image);
    const socket = device.socketOf("edge");
    const before = await openIn(device);
    const caller = await handOver(socket, "file", image.rootfs);
    expect(await postInstall(socket, caller.token, { image })).toMatchObject({ status: 200 });
    await caller.leave();
    const memory = await handOver(socket, "memfd-sealed");
    const { body } = await postInstall(socket, memory.token, { image });
    // It came, and is no archive.
    expect(body).toMatchObject({ code: "image-refused" });
    await memory.leave();
    await expectNothingOpen(device, before);
  }));

test("a token is good for one request of its own listener, while its connection lasts", () =>
  onDevice(async (device) => {
    const image = await smallImage("1.0.0");
    await install(device, image);
    await install(device, await smallImage("1.0.0", { name: "second" }));
    const [edge, second] = [device.socketOf("edge"), device.socketOf("second")];
    const before = await openIn(device);
    const refusal = { status: 422, body: { code: "source-refused" } };
    const caller = await handOver(edge, "file", image.rootfs);
    expect(await postInstall(second, caller.token, { image })).toMatchObject(refusal);
    expect(await postInstall(device.socket, caller.token, { image })).toMatchObject(refusal);
    expect(await postInstall(edge, caller.token, { image })).toMatchObject({ status: 200 });
    expect(await postInstall(edge, caller.token, { image })).toMatchObject(refusal);
    await caller.leave();
    const gone = await handOver(edge, "file", image.rootfs);
    await gone.leave();
    expect(await postInstall(edge, gone.token, { image })).toMatchObject(refusal);
    expect(await postInstall(edge, "made-up", { image })).toMatchObject(refusal);
    await expectNothingOpen(device, before);
  }));

test("a caller that leaves while its file is copied changes nothing: the copy has the file", () =>
  onDevice(async (device) => {
    const image = await slowImage();
    await install(device, await smallImage("1.0.0"));
    const socket = device.socketOf("edge");
    const caller = await handOver(socket, "file", image.rootfs);
    const id = crypto.randomUUID();
    const headers = { prefer: "respond-async", "operation-id": id };
    expect((await postInstall(socket, caller.token, { image, headers })).status).toBe(202);
    for await (const event of events(socket, id)) {
      // From its first report on the job has the file.
      if (event["part"] === "the rootfs") await caller.leave();
    }
    expect(await json(socket, `/v1/operations/${id}`)).toMatchObject({ status: 200, body: { state: "done" } });
  }));

test("a thousand connections that send nothing hold nobody, and leave nothing", () =>
  onDevice(async (device) => {
    const image = await smallImage("1.0.0");
    await install(device, image);
    const before = await openIn(device);
    const connections: Bun.Socket[] = [];
    let [tokens, refusals] = [0, 0];
    const refuse = () => void (refusals += 1);
    const data = (_: Bun.Socket, line: Buffer) => (line.includes("token") ? void (tokens += 1) : refuse());
    // One after the other: the kernel refuses those that find the queue full.
    for (let count = 1; count <= 1000; count += 1) {
      const unix = `${device.socketOf("edge")}.peer`;
      // A refusal can be over before the runtime has seen that it is connected.
      await Bun.connect({ unix, socket: { data } }).then((socket) => connections.push(socket), refuse);
      await until("it has its answer", () => tokens + refusals >= count);
    }
    expect([tokens, refusals]).toEqual([32, 968]);
    expect(await openIn(device)).toBeLessThan(before + 64);
    const words = ["container", "install", image.config, image.rootfs];
    expect(await device.hostctl(...words, "--transfer", "fd")).toMatchObject({ exitCode: 0 });
    // In the container itself hostctl goes another way.
    const { stderr, exitCode } = await device.hostctlIn("edge", ...words, "--verbose");
    expect(exitCode).toBe(0);
    expect(stderr).toContain("transfer: no open files: Cannot ");
    expect(stderr).toContain("transfer: stream\n");
    for (const connection of connections) connection.terminate();
    await expectNothingOpen(device, before);
  }));

testUnless(
  [needsRoot(), needsFuse()],
  "a file system that hangs ends the operation by its stall timer, and holds nobody else",
  () =>
    onDevice(
      async (device) => {
        const image = await smallImage("1.0.0");
        await install(device, image);
        await install(device, await smallImage("1.0.0", { name: "second" }));
        const before = await openIn(device);
        const callers: HandedOver[] = [];
        await onHangingFileSystem((file) => hang(device, { file, image, before, callers }));
        // It has ended, and the kernel lets go of those who waited for it.
        for (const caller of callers) await caller.leave();
        await expectNothingOpen(device, before);
      },
      { limits: { stall_timeout: "500ms" } },
    ),
);

async function hang(
  device: Device,
  { file, image, before, callers }: { file: string; image: Image; before: number; callers: HandedOver[] },
): Promise<void> {
  const socket = device.socketOf("edge");
  const handIn = async () => {
    const caller = await handOver(socket, "file", file);
    callers.push(caller);
    return await postInstall(socket, caller.token, { image });
  };
  for (let round = 0; round < 4; round += 1) {
    expect(await handIn()).toMatchObject({ status: 408, body: { code: "stalled" } });
  }
  // Each left a process that the kernel does not let go; there are no more than these.
  expect(await handIn()).toMatchObject({ status: 409, body: { code: "busy" } });
  // The pidfd and the pipe of each, and the connection that was not used.
  await until("no more than these is open", async () => (await openIn(device)) <= before + 4 * 2 + 1);
  expect(await device.hostctlIn("second", "ping")).toMatchObject({ stdout: "OK\n" });
  const words = ["container", "install", image.config, image.rootfs];
  expect(await device.hostctl(...words, "--transfer", "fd")).toMatchObject({ exitCode: 0 });
  expect(await device.hostctlIn("edge", ...words, "--transfer", "stream")).toMatchObject({ exitCode: 0 });
}
