// The main story: an image through all four states, and a second one that nobody commits.
import { expect, test } from "bun:test";
import { smallImage } from "./kit/images.ts";
import { onDevice } from "./kit/on-device.ts";

test("an image is installed, booted, tried and committed; a second one that nobody commits is left again", () =>
  onDevice(async (device) => {
    const first = await smallImage("1.0.0");
    expect(await device.hostctl("container", "install", first.config, first.rootfs)).toMatchObject({
      stdout: "OK\n",
      exitCode: 0,
    });
    expect(await device.state()).toBe("pending");
    expect(await device.current()).toBeUndefined();

    expect(await device.reboot()).toMatchObject({ stdout: "edge: trying, runs slot a, version 1.0.0\n", exitCode: 0 });
    expect(await device.state()).toBe("trying");
    expect(await device.current()).toBe(device.slot("a"));

    expect(await device.hostctl("container", "commit")).toEqual({ stdout: "OK\n", stderr: "", exitCode: 0 });
    expect(await device.state()).toBe("normal");

    const second = await smallImage("2.0.0");
    expect(await device.hostctl("container", "install", second.config, second.rootfs)).toMatchObject({
      stdout: "OK\n",
      exitCode: 0,
    });
    expect(await device.state()).toBe("pending");
    expect(await device.current()).toBe(device.slot("a"));

    expect(await device.reboot()).toMatchObject({ stdout: "edge: trying, runs slot b, version 2.0.0\n" });
    expect(await device.state()).toBe("trying");
    expect(await device.current()).toBe(device.slot("b"));

    expect(await device.reboot()).toMatchObject({
      stdout: "edge: normal, runs slot a, version 1.0.0; rolled back, version 2.0.0: rebooted without commit\n",
      exitCode: 0,
    });
    expect(await device.status()).toMatchObject({
      state: "normal",
      running: { slot: "a", version: "1.0.0" },
      outcome: { result: "rolled-back", version: "2.0.0", why: "rebooted without commit" },
    });
    expect(await device.current()).toBe(device.slot("a"));
    expect(await device.inbox()).toEqual([]);
  }));
