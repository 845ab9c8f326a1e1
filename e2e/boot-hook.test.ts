// The hook when something is not as it should be: it always gives a state that boots, and says what it did.
import { expect, test } from "bun:test";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "./kit/device.ts";
import { smallImage } from "./kit/images.ts";
import { onDevice, onNewDevice } from "./kit/on-device.ts";
import { install, runImage, tryImage, worked } from "./kit/steps.ts";

const ok = { stdout: "OK\n", stderr: "", exitCode: 0 };

test("the hook twice in one boot changes nothing", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    await tryImage(device, await smallImage("2.0.0"));
    const before = await device.record();
    expect(await device.boot()).toMatchObject({ stdout: "edge: trying, runs slot b, version 2.0.0\n", exitCode: 0 });
    expect(await device.record()).toEqual(before);
    expect(await device.current()).toBe(device.slot("b"));
    worked(await device.hostctl("container", "rollback"));
    expect(await device.boot()).toMatchObject({ exitCode: 0 });
    expect(await device.state()).toBe("rollback");
  }));

test("the daemon changes nothing before the hook has run in this boot", () =>
  onDevice(async (device) => {
    const second = await smallImage("2.0.0");
    await runImage(device, await smallImage("1.0.0"));
    await install(device, second);
    const before = await device.record();
    await device.stopDaemon();
    await device.nextBoot();
    await device.startDaemon();
    for (const words of [["commit"], ["rollback"], ["install", second.config, second.rootfs], ["remove", "--yes"]]) {
      expect([words[0], await device.hostctl("container", ...words)]).toMatchObject([words[0], { exitCode: 4 }]);
    }
    expect(await device.record()).toEqual(before);
    const status = (await device.hostctl("container", "status")).stdout;
    expect(status).toContain("waiting:    the boot hook has not run in this boot");
    await device.boot();
    expect(await device.hostctl("container", "commit")).toEqual(ok);
    expect(await device.status()).toMatchObject({ state: "normal", running: { version: "2.0.0" } });
  }));

/** Two committed images, the second one runs; then the record is changed and the device boots. */
async function bootWithRecord(device: Device, change: (path: string) => Promise<void>) {
  await runImage(device, await smallImage("1.0.0"));
  await runImage(device, await smallImage("2.0.0"));
  await device.stopDaemon();
  await device.nextBoot();
  await change(join(device.containerDirectory(), "record.json"));
  const hook = await device.boot();
  await device.startDaemon();
  return hook;
}

test("a missing record is made anew from the last committed image", () =>
  onDevice(async (device) => {
    const hook = await bootWithRecord(device, (record) => rm(record));
    expect(hook.stdout).toContain("edge: normal, runs slot b, version 2.0.0");
    expect(hook.stdout).toContain("the record was missing; the last committed image boots");
    expect(await device.current()).toBe(device.slot("b"));
    expect(await device.status()).toMatchObject({
      state: "normal",
      running: { version: "2.0.0" },
      outcome: { result: "failed" },
    });
    await tryImage(device, await smallImage("3.0.0"));
    expect(await device.state()).toBe("trying");
  }));

for (const [what, text] of [
  ["torn", '{"format":1,"bootId":"boot-2","sta'],
  ["empty", ""],
  ["senseless", '{"format":1,"bootId":"x","state":{"name":"trying"}}'],
] as const) {
  test(`a record that is ${what} is set aside and the last committed image boots`, () =>
    onDevice(async (device) => {
      const hook = await bootWithRecord(device, (record) => writeFile(record, text));
      expect(hook.stdout).toContain("edge: normal, runs slot b, version 2.0.0");
      expect(hook.stdout).toContain("it was kept as record.json.unreadable-1");
      expect(await readFile(join(device.containerDirectory(), "record.json.unreadable-1"), "utf8")).toBe(text);
      expect(await device.status()).toMatchObject({ state: "normal", running: { version: "2.0.0" } });
    }));
}

test("a record of a later format is left alone and the last committed image boots", () =>
  onDevice(async (device) => {
    const text = '{"format":2,"shape":"of the future"}';
    const hook = await bootWithRecord(device, (record) => writeFile(record, text));
    expect(hook.stdout).toContain("edge: normal, runs slot b, version 2.0.0");
    expect(hook.stdout).toContain("a later version of host-service wrote the record (format 2), which is left alone");
    expect(await device.current()).toBe(device.slot("b"));
    expect(await readFile(join(device.containerDirectory(), "record.json"), "utf8")).toBe(text);
    expect(await device.hostctl("container", "commit")).toMatchObject({ exitCode: 1 });
    expect(await readFile(join(device.containerDirectory(), "record.json"), "utf8")).toBe(text);
  }));

for (const [what, damage] of [
  ["whose slot.json is gone", (slot: string) => rm(join(slot, "slot.json"))],
  ["whose slot.json is torn", (slot: string) => writeFile(join(slot, "slot.json"), '{"format":1,"ima')],
  ["whose slot is gone", (slot: string) => rm(slot, { recursive: true })],
] as const) {
  test(`a candidate ${what} is not booted`, () =>
    onDevice(async (device) => {
      await runImage(device, await smallImage("1.0.0"));
      await install(device, await smallImage("2.0.0"));
      await damage(device.slot("b"));
      const hook = await device.reboot();
      expect(hook.stdout).toStartWith("edge: normal, runs slot a, version 1.0.0; failed");
      expect(await device.current()).toBe(device.slot("a"));
      expect(await device.status()).toMatchObject({ state: "normal", outcome: { result: "failed" } });
      await tryImage(device, await smallImage("3.0.0"));
      expect(await device.status()).toMatchObject({ state: "trying", running: { version: "3.0.0" } });
    }));
}

test("a seeded image is committed and runs from the first boot on", () =>
  onNewDevice(async (device) => {
    const image = await smallImage("1.0.0");
    expect(await device.seed(image.config, image.rootfs)).toEqual(ok);
    expect(await device.seed(image.config, image.rootfs)).toMatchObject({ exitCode: 1 });
    expect(await readdir(join(device.paths.stateDirectory, "inbox"))).toEqual([]);
    expect(await device.boot()).toMatchObject({ stdout: "edge: normal, runs slot a, version 1.0.0\n", exitCode: 0 });
    await device.startDaemon();
    expect(await device.status()).toMatchObject({ state: "normal", running: { slot: "a", version: "1.0.0" } });
    expect(await device.hostctl("container", "rollback")).toMatchObject({ exitCode: 4 });
    await tryImage(device, await smallImage("2.0.0"));
    expect(await device.state()).toBe("trying");
    await device.reboot();
    expect(await device.status()).toMatchObject({ state: "normal", running: { version: "1.0.0" } });
  }));

test("a seed that fails leaves no container", () =>
  onNewDevice(async (device) => {
    const image = await smallImage("1.0.0");
    expect(await device.seed(image.config, image.config)).toMatchObject({ exitCode: 1 });
    expect(await readdir(join(device.paths.stateDirectory, "containers")).catch(() => [])).toEqual([]);
    expect(await device.seed(image.config, image.rootfs)).toEqual(ok);
  }));
