// The commands in the states where they do something else than in the main story.
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { smallImage } from "./kit/images.ts";
import { onDevice } from "./kit/on-device.ts";
import { install, runImage, tryImage, worked } from "./kit/steps.ts";

const ok = { stdout: "OK\n", stderr: "", exitCode: 0 };

test("rollback before the boot drops the candidate and its bytes stay unreferenced", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    await install(device, await smallImage("2.0.0"));
    expect(await device.hostctl("container", "rollback")).toEqual(ok);
    expect(await device.status()).toMatchObject({
      state: "normal",
      running: { version: "1.0.0" },
      nextBoot: { version: "1.0.0" },
      outcome: { result: "cancelled", version: "2.0.0", why: "rolled back before it was booted" },
    });
    expect(await device.reboot()).toMatchObject({ stdout: "edge: normal, runs slot a, version 1.0.0\n", exitCode: 0 });
  }));

test("rollback before the first boot of all leaves nothing to run", () =>
  onDevice(async (device) => {
    await install(device, await smallImage("1.0.0"));
    expect(await device.hostctl("container", "rollback")).toEqual(ok);
    expect(await device.status()).toMatchObject({ state: "normal", empty: true });
    expect(await device.reboot()).toMatchObject({ stdout: "edge: normal, runs nothing\n", exitCode: 0 });
    expect(await device.current()).toBeUndefined();
  }));

test("rollback during the trial takes effect at the next boot", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    await tryImage(device, await smallImage("2.0.0"));
    expect(await device.hostctl("container", "rollback")).toEqual(ok);
    expect(await device.state()).toBe("rollback");
    expect(await device.current()).toBe(device.slot("b"));
    expect(await device.hostctl("container", "rollback")).toEqual(ok);
    expect(await device.reboot()).toMatchObject({
      stdout: "edge: normal, runs slot a, version 1.0.0; rolled back, version 2.0.0: asked for\n",
    });
    expect(await device.current()).toBe(device.slot("a"));
  }));

test("rollback of a committed image goes back to the previous one, and a commit calls it off", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    await runImage(device, await smallImage("2.0.0"));
    expect(await device.hostctl("container", "rollback")).toEqual(ok);
    expect(await device.state()).toBe("rollback");
    expect(await device.hostctl("container", "commit")).toEqual(ok);
    expect(await device.status()).toMatchObject({
      state: "normal",
      running: { version: "2.0.0" },
      other: { version: "1.0.0" },
    });
    worked(await device.hostctl("container", "rollback"));
    await device.reboot();
    expect(await device.status()).toMatchObject({ state: "normal", running: { version: "1.0.0" } });
    const refused = await device.hostctl("container", "rollback");
    expect(refused).toMatchObject({ exitCode: 4 });
    expect(refused.stdout).toStartWith(
      'Cannot roll back "edge": version 1.0.0 is committed and there is no previous image',
    );
  }));

test("the first image that nobody commits leaves nothing to run", () =>
  onDevice(async (device) => {
    await tryImage(device, await smallImage("1.0.0"));
    await device.reboot();
    expect(await device.status()).toMatchObject({ state: "normal", empty: true, outcome: { result: "rolled-back" } });
    expect(await device.current()).toBeUndefined();
  }));

test("install over a candidate drops it, says so and boots the new one", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    await install(device, await smallImage("2.0.0"));
    const third = await smallImage("3.0.0");
    const answer = await device.hostctl("container", "install", third.config, third.rootfs);
    expect(answer).toEqual({
      ...ok,
      stderr: "warning: the candidate version 2.0.0 was dropped before it was booted\n",
    });
    await device.reboot();
    expect(await device.status()).toMatchObject({ state: "trying", running: { version: "3.0.0" } });
  }));

test("install is refused during a trial and during a rollback, and nothing changes", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    await tryImage(device, await smallImage("2.0.0"));
    const third = await smallImage("3.0.0");
    const before = await device.record();
    expect(await device.hostctl("container", "install", third.config, third.rootfs)).toMatchObject({ exitCode: 4 });
    expect(await device.record()).toEqual(before);
    worked(await device.hostctl("container", "rollback"));
    expect(await device.hostctl("container", "install", third.config, third.rootfs)).toMatchObject({ exitCode: 4 });
    expect(await device.inbox()).toEqual([]);
  }));

test("commit before the boot is refused", () =>
  onDevice(async (device) => {
    await install(device, await smallImage("1.0.0"));
    const answer = await device.hostctl("container", "commit");
    expect(answer).toEqual({
      stdout:
        'Cannot commit "edge": version 1.0.0 was not booted yet; reboot (hostctl reboot) and commit what then runs\n',
      stderr: "",
      exitCode: 4,
    });
    expect(await device.state()).toBe("pending");
  }));

test("commit --expect keeps only what is expected, by version or by digest", () =>
  onDevice(async (device) => {
    await tryImage(device, await smallImage("1.0.0"));
    expect(await device.hostctl("container", "commit", "--expect", "9.9.9")).toMatchObject({ exitCode: 4 });
    expect(await device.state()).toBe("trying");
    expect(await device.hostctl("container", "commit", "--expect", "1.0.0")).toEqual(ok);
    expect(await device.state()).toBe("normal");
    const { running } = (await device.status()) as { running: { imageId: string } };
    expect(await device.hostctl("container", "commit", "--expect", running.imageId)).toEqual(ok);
    expect(await device.hostctl("container", "commit", "--expect", running.imageId.slice(0, 20))).toEqual(ok);
    expect(await device.hostctl("container", "commit", "--expect", `sha256:${"0".repeat(64)}`)).toMatchObject({
      exitCode: 4,
    });
  }));

test("a trial of two boots is rolled back at the third", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    await tryImage(device, await smallImage("2.0.0", { trial: { boots: 2 } }));
    expect(await device.status()).toMatchObject({ state: "trying", bootsLeft: 1, running: { version: "2.0.0" } });
    await device.reboot();
    expect(await device.status()).toMatchObject({ state: "trying", bootsLeft: 0, running: { version: "2.0.0" } });
    await device.reboot({ by: "kill" });
    expect(await device.status()).toMatchObject({ state: "normal", running: { version: "1.0.0" } });
  }));

test("remove takes the container with its slots and its listener away", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    expect(existsSync(device.socketOf("edge"))).toBe(true);
    expect(await device.hostctl("container", "remove", "--yes")).toEqual(ok);
    expect(existsSync(device.containerDirectory())).toBe(false);
    expect(existsSync(device.socketOf("edge"))).toBe(false);
    expect(await device.current()).toBeUndefined();
    expect(await device.hostctl("container", "status")).toMatchObject({ exitCode: 1 });
    await install(device, await smallImage("2.0.0"));
    expect(await device.state()).toBe("pending");
  }));

test("reboot and suspend reach the host, and a reboot that would roll back says so", () =>
  onDevice(async (device) => {
    expect(await device.hostctl("suspend")).toEqual(ok);
    expect(await device.hostctl("reboot")).toEqual(ok);
    expect(await device.powerLog()).toBe("suspend\nreboot\n");
    await tryImage(device, await smallImage("1.0.0"));
    const answer = await device.hostctl("reboot", "--yes");
    expect(answer).toMatchObject({ stdout: "OK\n", exitCode: 0 });
    expect(answer.stderr).toContain("a trial is running and a reboot rolls it back");
    expect(await device.powerLog()).toBe("suspend\nreboot\nreboot\n");
  }));

test("a policy refuses the reboot that would roll back", () =>
  onDevice(
    async (device) => {
      await tryImage(device, await smallImage("1.0.0"));
      const answer = await device.hostctl("reboot", "--yes");
      expect(answer).toMatchObject({ exitCode: 4 });
      expect(answer.stdout).toContain('power.reboot_during_trial is "refuse"');
      expect(await device.powerLog()).toBe("");
      worked(await device.hostctl("container", "commit"));
      expect(await device.hostctl("reboot")).toEqual(ok);
    },
    { rebootDuringTrial: "refuse" },
  ));
