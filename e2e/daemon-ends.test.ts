// The daemon ends while it stages an image: nothing half done is left, and the next one goes on.
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { json } from "./kit/api.ts";
import type { Device } from "./kit/device.ts";
import { beginUpload } from "./kit/half-upload.ts";
import { smallImage } from "./kit/images.ts";
import { onDevice } from "./kit/on-device.ts";
import { childrenOf, isAlive } from "./kit/processes.ts";
import { slowImage } from "./kit/slow-image.ts";
import { runImage, tryImage } from "./kit/steps.ts";
import { until } from "./kit/until.ts";

/** A first image runs, and a second one is being unpacked by the processes that are given back. */
async function unpacking(device: Device): Promise<{ ended: Promise<unknown>; children: number[] }> {
  await runImage(device, await smallImage("1.0.0"));
  const { config, rootfs } = await slowImage();
  const ended = device.hostctl("container", "install", config, rootfs);
  await until("files appear in the slot", () => existsSync(`${device.slot("b")}/rootfs/d5`));
  const children = (await childrenOf(device.daemonPid)).map(({ pid }) => pid);
  expect(children).not.toEqual([]);
  return { ended, children };
}

async function expectFirstImage(device: Device): Promise<void> {
  expect(await device.status()).toMatchObject({ state: "normal", running: { slot: "a", version: "1.0.0" } });
  expect(existsSync(`${device.slot("b")}/slot.json`)).toBe(false);
  expect(await device.inbox()).toEqual([]);
  await tryImage(device, await smallImage("2.0.0"));
  expect(await device.status()).toMatchObject({ state: "trying", running: { slot: "b", version: "2.0.0" } });
}

test("SIGTERM while an image is unpacked leaves nothing half done", () =>
  onDevice(async (device) => {
    const { ended, children } = await unpacking(device);
    expect(await device.stopDaemon()).toBe(0);
    expect(await ended).toMatchObject({ exitCode: 1 });
    for (const pid of children) expect(await isAlive(pid)).toBe(false);
    expect(await device.inbox()).toEqual([]);
    expect(existsSync(device.slot("b"))).toBe(false);
    expect(await device.hostctl("ping")).toMatchObject({ exitCode: 3 });
    await device.startDaemon();
    await expectFirstImage(device);
  }));

test("SIGTERM while a body arrives leaves nothing half done", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    const first = new Uint8Array(1024 * 1024);
    const upload = await beginUpload(device.socket, { to: "/v1/containers/edge/install", bytes: 1e9, first });
    await until("bytes are in the inbox", async () => (await device.inbox()).length > 0);
    expect(await device.stopDaemon()).toBe(0);
    await until("the client is sent away", () => upload.isClosed());
    expect(await device.inbox()).toEqual([]);
    await device.startDaemon();
    await expectFirstImage(device);
  }));

test("SIGKILL of the daemon ends its children, and the next daemon is clean", () =>
  onDevice(async (device) => {
    const { ended, children } = await unpacking(device);
    await device.killDaemon();
    await ended;
    await until("the orphans end", async () => !(await Promise.all(children.map(isAlive))).some(Boolean), 5000);
    await device.startDaemon();
    await expectFirstImage(device);
  }));

test("SIGKILL of the daemon and then a reboot is the same", () =>
  onDevice(async (device) => {
    const { ended } = await unpacking(device);
    const hook = await device.reboot({ by: "kill" });
    await ended;
    expect(hook).toMatchObject({ stdout: "edge: normal, runs slot a, version 1.0.0\n", exitCode: 0 });
    await expectFirstImage(device);
  }));

test("SIGKILL of the daemon during a first install leaves no container after the next boot", () =>
  onDevice(async (device) => {
    const { config, rootfs } = await slowImage();
    const ended = device.hostctl("container", "install", config, rootfs);
    await until("files appear in the slot", () => existsSync(`${device.slot("a")}/rootfs/d5`));
    expect(await device.reboot({ by: "kill" })).toMatchObject({ exitCode: 0 });
    await ended;
    expect(await json(device.socket, "/v1/containers")).toMatchObject({ body: { containers: [] } });
    await tryImage(device, await smallImage("1.0.0"));
    expect(await device.status()).toMatchObject({ state: "trying", running: { version: "1.0.0" } });
  }));
