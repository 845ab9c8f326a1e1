// An install as an operation that can be watched, cancelled and left.
import { expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { events, json } from "./kit/api.ts";
import type { Device } from "./kit/device.ts";
import { beginUpload } from "./kit/half-upload.ts";
import { bundleOf, smallImage } from "./kit/images.ts";
import { onDevice as onDeviceOnDisk } from "./kit/on-device.ts";
import { childrenOf } from "./kit/processes.ts";
import { slowImage } from "./kit/slow-image.ts";
import { runImage } from "./kit/steps.ts";
import { until } from "./kit/until.ts";

/** What is shown here does not depend on the disk. */
function onDevice(story: (device: Device) => Promise<void>): Promise<void> {
  return onDeviceOnDisk(story, { inMemory: true });
}

const to = "/v1/containers/edge/install";

function installBundle(device: Device, bundle: string, headers: Record<string, string> = {}) {
  return json(device.socket, to, {
    method: "POST",
    headers: { "content-type": "application/x-tar", ...headers },
    body: Bun.file(bundle),
  });
}

async function historyOf(device: Device): Promise<Record<string, unknown>[]> {
  const { stdout } = await device.hostctl("container", "history", "--json", "--name", "edge");
  return (JSON.parse(stdout) as { history: Record<string, unknown>[] }).history;
}

/** Waits until the operation has been seen in a phase. */
async function inPhase(device: Device, id: string, phase: string): Promise<void> {
  for await (const event of events(device.socket, id)) {
    if (event["phase"] === phase) return;
    if (event["type"] !== "progress") throw new Error(`Cannot see phase ${phase}: ${JSON.stringify(event)}`);
  }
}

/** What a refused or cancelled install must leave: nothing but what was there before. */
async function expectNothingLeft(device: Device, before: Record<string, unknown>): Promise<void> {
  expect(await device.inbox()).toEqual([]);
  expect(existsSync(device.slot("b"))).toBe(false);
  expect((await device.record())["state"]).toEqual(before["state"]);
  expect(await childrenOf(device.daemonPid)).toEqual([]);
}

test("events tell a progress that only grows, and the result at the end", () =>
  onDevice(async (device) => {
    const bundle = await bundleOf(await slowImage());
    const id = randomUUID();
    const seen: Record<string, unknown>[] = [];
    const watching = (async () => {
      for await (const event of events(device.socket, id)) seen.push(event);
    })();
    const answer = await installBundle(device, bundle, { "operation-id": id });
    await watching;
    expect(answer).toMatchObject({ status: 200, body: { operation: id, container: { state: "pending" } } });
    expect(seen.at(-1)).toMatchObject({ type: "result", operation: id, result: answer.body });
    const progress = seen.slice(0, -1);
    expect(progress.every((event) => event["type"] === "progress" && event["operation"] === id)).toBe(true);
    expect(progress.some((event) => event["phase"] === "unpack" && Number(event["entries"]) > 0)).toBe(true);
    expect(progress.filter((event) => Number(event["percent"] ?? 0) >= 100)).toEqual([]);
    const phases = ["receive", "verify", "unpack", "record"];
    for (const [index, event] of progress.entries()) {
      const before = progress[index - 1];
      if (before === undefined) continue;
      expect(phases.indexOf(String(event["phase"]))).toBeGreaterThanOrEqual(phases.indexOf(String(before["phase"])));
      if (before["phase"] !== event["phase"] || before["part"] !== event["part"]) continue;
      for (const count of ["bytes", "entries"]) {
        expect(Number(event[count] ?? 0)).toBeGreaterThanOrEqual(Number(before[count] ?? 0));
      }
    }
  }));

test("DELETE while it unpacks cancels and leaves nothing", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    const before = await device.record();
    const bundle = await bundleOf(await slowImage());
    const id = randomUUID();
    const installing = installBundle(device, bundle, { "operation-id": id });
    await inPhase(device, id, "unpack");
    const cancelled = await json(device.socket, `/v1/operations/${id}`, { method: "DELETE" });
    expect(cancelled).toMatchObject({ status: 200, body: { id, state: "cancelled" } });
    expect(await installing).toMatchObject({ status: 409, body: { code: "cancelled" } });
    await expectNothingLeft(device, before);
    expect((await historyOf(device)).at(-1)).toMatchObject({ operation: id, action: "install", result: "cancelled" });
    const last = await json(device.socket, `/v1/operations/${id}`);
    expect(last).toMatchObject({ status: 200, body: { state: "cancelled", problem: { code: "cancelled" } } });
  }));

test("DELETE while the body arrives cancels and leaves nothing", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    const before = await device.record();
    const id = randomUUID();
    const first = new Uint8Array(1024 * 1024);
    const upload = await beginUpload(device.socket, { to, bytes: 1e9, first, headers: { "Operation-Id": id } });
    await inPhase(device, id, "receive");
    expect(await device.inbox()).not.toEqual([]);
    expect(await json(device.socket, `/v1/operations/${id}`, { method: "DELETE" })).toMatchObject({
      body: { state: "cancelled" },
    });
    await until("the client is answered", () => upload.answer().startsWith("HTTP/1.1 409"));
    upload.leave();
    await expectNothingLeft(device, before);
  }));

test("a client that leaves before its body is complete leaves nothing", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    const before = await device.record();
    const bundle = await bundleOf(await smallImage("2.0.0"));
    const contents = await readFile(bundle);
    const id = randomUUID();
    const first = contents.subarray(0, Math.floor(contents.byteLength / 2));
    const headers = { "Operation-Id": id };
    const upload = await beginUpload(device.socket, { to, bytes: contents.byteLength, first, headers });
    await inPhase(device, id, "receive");
    upload.leave();
    const ended = await until("the operation ends", async () => {
      const { body } = await json(device.socket, `/v1/operations/${id}`);
      return body["state"] === "running" ? undefined : body;
    });
    expect(["cancelled", "failed"]).toContain(String(ended["state"]));
    await expectNothingLeft(device, before);
    expect(await installBundle(device, bundle)).toMatchObject({ status: 200 });
  }));

test("a client that leaves after its body is complete does not end the install", () =>
  onDevice(async (device) => {
    const bundle = await bundleOf(await slowImage());
    const id = randomUUID();
    const contents = await readFile(bundle);
    const headers = { "Operation-Id": id };
    const upload = await beginUpload(device.socket, { to, bytes: contents.byteLength, first: contents, headers });
    await inPhase(device, id, "unpack");
    upload.leave();
    await until("the image is staged", async () => (await device.state("edge")) === "pending");
  }));

test("a second install gets 409 with the id of the first, before its body is read", () =>
  onDevice(async (device) => {
    const id = randomUUID();
    const first = new Uint8Array(64 * 1024);
    const upload = await beginUpload(device.socket, { to, bytes: 1e9, first, headers: { "Operation-Id": id } });
    await inPhase(device, id, "receive");
    const second = await beginUpload(device.socket, { to, bytes: 1e9, first: new Uint8Array(0) });
    await until("the second is refused", () => second.answer().includes('"code":"busy"'));
    expect(second.answer()).toStartWith("HTTP/1.1 409");
    expect(second.answer()).toContain(`"operation":"${id}"`);
    const image = await smallImage("1.0.0");
    const words = ["container", "install", image.config, image.rootfs, "--name", "edge"];
    const told = await device.hostctl(...words);
    expect(told).toMatchObject({ exitCode: 6 });
    expect(told.stdout).toContain(id);
    upload.leave();
    second.leave();
    await until("the first has ended", async () => (await device.inbox()).length === 0);
    await until("the next one is taken", async () => (await device.hostctl(...words)).exitCode === 0);
  }));

test("Prefer: respond-async is answered with 202 and the operation", () =>
  onDevice(async (device) => {
    const bundle = await bundleOf(await slowImage());
    const accepted = await installBundle(device, bundle, { prefer: "respond-async" });
    expect(accepted).toMatchObject({ status: 202, body: { action: "install", container: "edge", state: "running" } });
    const id = String(accepted.body["id"]);
    const all = await Array.fromAsync(events(device.socket, id));
    expect(all.at(-1)).toMatchObject({ type: "result", result: { container: { state: "pending" } } });
    const ended = await json(device.socket, `/v1/operations/${id}`);
    expect(ended).toMatchObject({ status: 200, body: { state: "done", result: { operation: id } } });
  }));

test("the history tells what was done, refused and rolled back, and by whom", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    const second = await smallImage("2.0.0");
    await device.hostctlIn("edge", "container", "install", second.config, second.rootfs);
    await device.hostctlIn("edge", "container", "commit");
    await device.reboot();
    await device.reboot();
    expect(await historyOf(device)).toMatchObject([
      { action: "install", caller: "host", result: "done", version: "1.0.0" },
      { action: "commit", caller: "host", result: "done", version: "1.0.0" },
      { action: "install", caller: "edge", result: "done", version: "2.0.0" },
      { action: "commit", caller: "edge", result: "refused", code: "refused-in-state" },
      { action: "boot", caller: "boot", code: "rolled-back", version: "2.0.0", why: "rebooted without commit" },
    ]);
  }));
