import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "../kit/device.ts";
import { onDevice } from "../kit/device.ts";
import { beginRequest } from "../kit/half-request.ts";
import { bundleOf, imageOf, slowImage } from "../kit/images.ts";
import { until } from "../kit/until.ts";

const id = "11111111-1111-4111-8111-111111111111";
const errors = (device: Device) => device.logged.filter(({ level }) => level === "error");

/** The phase that the operation is in. */
async function phase(device: Device): Promise<unknown> {
  const { body } = await device.call("GET", `/v1/operations/${id}`);
  const progress = body["progress"];
  return typeof progress === "object" && progress !== null && "phase" in progress ? progress.phase : undefined;
}

/** A client that has sent the first half of an image, and the daemon that has noticed. */
async function halfSent(device: Device, name: string) {
  const body = await bundleOf(imageOf("2.0.0"));
  const client = await beginRequest(device.socketOf(), `POST /v1/containers/${name}/install`, {
    "content-type": "application/x-tar",
    "content-length": body.byteLength,
    "operation-id": id,
  });
  client.send(body.subarray(0, 700));
  await until("the operation has begun", async () => (await device.call("GET", `/v1/operations/${id}`)).status === 200);
  return { client, rest: body.subarray(700) };
}

async function unpacking(device: Device): Promise<void> {
  const headers = { "operation-id": id, prefer: "respond-async" };
  expect((await device.install(slowImage("2.0.0"), { headers, name: "edge" })).status).toBe(202);
  await until("it is being unpacked", async () => (await phase(device)) === "unpack");
}

test("claim refuses an install for ~ that turns out to be for a container with a running one", () =>
  onDevice(async (device) => {
    const { client, rest } = await halfSent(device, "~");
    const { body } = await device.install(slowImage("3.0.0"), { name: "edge", headers: { prefer: "respond-async" } });
    client.send(rest);
    await until("the other is answered", () => client.answer().includes('"code":"busy"'));
    expect(client.answer()).toContain(`"operation":"${String(body["id"])}"`);
    await device.call("DELETE", `/v1/operations/${String(body["id"])}`);
    expect(errors(device)).toEqual([]);
  }));

test("claim takes an install for ~ where the other one has ended meanwhile", () =>
  onDevice(async (device) => {
    const { client, rest } = await halfSent(device, "~");
    expect((await device.install(imageOf("3.0.0"), { name: "edge" })).status).toBe(200);
    client.send(rest);
    await until("the first is answered", () => client.answer().includes('"imageId"'));
    expect((await device.call("GET", "/v1/containers/edge")).body).toMatchObject({ nextBoot: { version: "2.0.0" } });
  }));

test("begin refuses every other change with busy and the id of the first", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0"));
    const { client, rest } = await halfSent(device, "edge");
    for (const [method, path] of [
      ["POST", "/install"],
      ["POST", "/commit"],
      ["POST", "/rollback"],
      ["DELETE", ""],
    ] as const) {
      const headers = path === "/install" ? { "content-type": "application/x-tar" } : {};
      const answer = await device.call(method, `/v1/containers/edge${path}`, { headers });
      expect([path, answer.status, answer.body]).toMatchObject([path, 409, { code: "busy", operation: id }]);
    }
    expect((await device.call("GET", "/v1/containers/edge")).body).toMatchObject({ operation: id });
    client.send(rest);
    await until("the install is done", () => client.answer().includes('"imageId"'));
  }));

test("install is cancelled by a client that leaves before its body is complete", () =>
  onDevice(async (device) => {
    const before = await device.kept();
    const { client } = await halfSent(device, "edge");
    client.leave();
    await until(
      "it has ended",
      async () => (await device.call("GET", `/v1/operations/${id}`)).body["state"] !== "running",
    );
    expect(await device.kept()).toEqual({ ...before, inbox: "/" });
    expect(errors(device)).toEqual([]);
  }));

test(
  "cancelOperation ends an install while its body arrives and while it is unpacked, and leaves nothing",
  () =>
    onDevice(async (device) => {
      await device.install(imageOf("1.0.0"));
      await device.reboot();
      await device.call("POST", "/v1/containers/edge/commit");
      const before = await device.kept();
      for (const begin of [() => halfSent(device, "edge"), () => unpacking(device)]) {
        await device.stop();
        await device.start();
        await begin();
        const { status, body } = await device.call("DELETE", `/v1/operations/${id}`);
        expect([status, body]).toMatchObject([200, { state: "cancelled", problem: { code: "cancelled" } }]);
        expect(await device.kept()).toEqual(before);
      }
      expect((await device.call("DELETE", `/v1/operations/${id}`)).body).toMatchObject({ state: "cancelled" });
    }),
  20_000,
);

test(
  "stop ends an install in every phase, and leaves nothing",
  () =>
    onDevice(async (device) => {
      await device.install(imageOf("1.0.0"));
      await device.reboot();
      await device.call("POST", "/v1/containers/edge/commit");
      const before = await device.kept();
      for (const begin of [() => halfSent(device, "edge"), () => unpacking(device)]) {
        await begin();
        await device.stop();
        expect(await device.kept()).toEqual(before);
        await device.start();
      }
      expect(errors(device)).toEqual([]);
    }),
  20_000,
);

test(
  "stop does not wait for clients that do not read, say nothing more, or watch what never comes",
  () =>
    onDevice(async (device) => {
      const quiet = await beginRequest(device.socketOf(), "POST /v1/system/reboot", { "content-length": 10 });
      const watching = await beginRequest(device.socketOf(), `GET /v1/operations/${id}/events`);
      const idle = await beginRequest(device.socketOf(), "GET /v1/ping");
      await until("the idle one was answered", () => idle.answer().includes("200 OK"));
      const deaf = await beginRequest(device.socketOf(), "GET /v1/ping");
      deaf.pause();
      for (let index = 0; index < 200; index += 1) deaf.send("GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n");
      await device.stop();
      for (const client of [quiet, watching, idle]) await until("it is sent away", () => client.isClosed());
      deaf.leave();
      expect(errors(device)).toEqual([]);
    }),
  20_000,
);

test("operationEvents that nobody reads hold no install, and no memory of it", () =>
  onDevice(async (device) => {
    const { client, rest } = await halfSent(device, "edge");
    const deaf = await beginRequest(device.socketOf(), `GET /v1/operations/${id}/events`);
    deaf.pause();
    client.send(rest);
    await until("the install is done", () => client.answer().includes('"imageId"'));
    const late = await (await device.fetch("GET", `/v1/operations/${id}/events`)).text();
    expect(late.trimEnd().split("\n").length).toBe(1);
    expect(JSON.parse(late)).toMatchObject({ type: "result", operation: id });
    deaf.leave();
    expect(errors(device)).toEqual([]);
  }));

test("operationEvents of another caller's operation are not found", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0"), { headers: { "operation-id": id } });
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["GET", "/events"],
    ] as const) {
      const { status, body } = await device.call(method, `/v1/operations/${id}${path}`, { as: "edge" });
      expect([path, status, body["code"]]).toEqual([path, 404, "not-found"]);
    }
  }));

test("statuses leaves out a container that is being removed", () =>
  onDevice(async (device) => {
    for (const name of ["one", "two", "three"]) await device.install(imageOf("1.0.0", { name }), { name });
    const removing = Promise.all(["one", "two"].map((name) => device.call("DELETE", `/v1/containers/${name}`)));
    const lists = Array.from({ length: 30 }, () => device.call("GET", "/v1/containers"));
    expect((await Promise.all(lists)).map(({ status }) => status)).toEqual(lists.map(() => 200));
    await removing;
    expect((await device.call("GET", "/v1/containers")).body).toMatchObject({ containers: [{ name: "three" }] });
  }));

test(
  "install leaves no descriptor open, whether it is done or refused",
  () =>
    onDevice(async (device) => {
      const open = async () => (await readdir("/proc/self/fd")).length;
      const good = imageOf("1.0.0");
      const bad = { ...good, config: "devises: {}\n" };
      await device.install(good);
      await device.install(bad);
      const before = await open();
      for (let index = 0; index < 10; index += 1) expect((await device.install(good)).status).toBe(200);
      for (let index = 0; index < 200; index += 1) expect((await device.install(bad)).status).toBe(422);
      await until("as many are open as before", async () => (await open()) <= before);
      expect(await readdir(join(device.directory, "state/inbox"))).toEqual([]);
    }),
  60_000,
);
