// A container drives the host through its own socket: itself, and only as far as the host grants it.
import { expect, test } from "bun:test";
import { json } from "./kit/api.ts";
import { bundleOf, smallImage } from "./kit/images.ts";
import { onDevice } from "./kit/on-device.ts";
import { install, runImage, worked } from "./kit/steps.ts";

const ok = { stdout: "OK\n", stderr: "", exitCode: 0 };

test("a container updates itself through its own listener, the image streamed", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    expect(await device.hostctlIn("edge", "ping")).toEqual(ok);
    const second = await smallImage("2.0.0");
    expect(await device.hostctlIn("edge", "container", "install", second.config, second.rootfs)).toEqual(ok);
    expect((await device.hostctlIn("edge", "container", "status")).stdout).toStartWith("pending\n");
    worked(await device.hostctlIn("edge", "reboot"));
    expect(await device.powerLog()).toBe("reboot\n");
    await device.reboot();
    expect((await device.hostctlIn("edge", "container", "status")).stdout).toStartWith("trying\n");
    expect(await device.hostctlIn("edge", "container", "commit", "--expect", "2.0.0")).toEqual(ok);
    expect((await device.hostctlIn("edge", "container", "status")).stdout).toStartWith("normal\n");
    expect(await device.hostctlIn("edge", "container", "rollback")).toEqual(ok);
    await device.reboot();
    expect(await device.status()).toMatchObject({ state: "normal", running: { version: "1.0.0" } });
  }));

test("a bundle as one file, by standard input and by curl are the same image", () =>
  onDevice(async (device) => {
    const image = await smallImage("1.0.0");
    const bundle = await bundleOf(image);
    await install(device, image);
    const { imageId } = ((await device.status()) as { nextBoot: { imageId: string } }).nextBoot;
    const idAfter = async () => ((await device.status()) as { nextBoot: { imageId: string } }).nextBoot.imageId;
    const warning = "warning: the candidate version 1.0.0 was dropped before it was booted\n";
    expect(await device.hostctlIn("edge", "container", "install", bundle)).toEqual({ ...ok, stderr: warning });
    expect(await idAfter()).toBe(imageId);
    const options = { socket: device.socketOf("edge"), stdin: Bun.file(bundle) };
    expect(await device.hostctlWith(options, "container", "install", "-")).toEqual({ ...ok, stderr: warning });
    expect(await idAfter()).toBe(imageId);
    const posted = await json(device.socketOf("edge"), "/v1/containers/~/install", {
      method: "POST",
      headers: { "content-type": "application/x-tar" },
      body: Bun.file(bundle),
    });
    expect(posted).toMatchObject({ status: 200, body: { container: { state: "pending", nextBoot: { imageId } } } });
    expect(await device.inbox()).toEqual([]);
  }));

test("a container manages itself only", () =>
  onDevice(async (device) => {
    await install(device, await smallImage("1.0.0"));
    await install(device, await smallImage("1.0.0", { name: "second" }));
    const answer = await device.hostctlIn("edge", "container", "status", "--name", "second");
    expect(answer).toEqual({
      stdout: 'Cannot reach "second": "edge" manages itself and no other container\n',
      stderr: "",
      exitCode: 8,
    });
    const third = await smallImage("3.0.0");
    const words = ["container", "install", third.config, third.rootfs, "--name", "second"];
    expect(await device.hostctlIn("edge", ...words)).toMatchObject({ exitCode: 8 });
    expect((await device.hostctlIn("edge", "container", "list", "--json")).stdout).not.toContain("second");
    expect(await device.hostctlIn("edge", "container", "remove", "--yes")).toMatchObject({ exitCode: 8 });
    expect(await device.status("second")).toMatchObject({ nextBoot: { version: "1.0.0" } });
  }));

test("a container names no path of the host", () =>
  onDevice(async (device) => {
    const image = await smallImage("1.0.0");
    await install(device, image);
    const answer = await json(device.socketOf("edge"), "/v1/containers/~/install", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ config: { path: image.config }, rootfs: { path: image.rootfs } }),
    });
    expect(answer).toMatchObject({ status: 403, body: { code: "not-allowed" } });
  }));

test("what the host does not grant is refused with the line for its administrator", () =>
  onDevice(
    async (device) => {
      const image = await smallImage("1.0.0");
      await install(device, image);
      expect(await device.hostctlIn("edge", "ping")).toEqual(ok);
      expect(await device.hostctlIn("edge", "container", "status")).toMatchObject({ exitCode: 0 });
      const reboot = await device.hostctlIn("edge", "reboot");
      expect(reboot).toMatchObject({ exitCode: 8 });
      expect(reboot.stdout).toContain('[containers.edge] allow = ["container","power"]');
      expect(await device.hostctlIn("edge", "suspend")).toMatchObject({ exitCode: 8 });
      expect(await device.powerLog()).toBe("");
      await device.stopDaemon();
      await device.configure({ allow: { edge: ["power"] } });
      await device.startDaemon();
      for (const words of [["status"], ["list"], ["commit"], ["rollback"], ["install", image.config, image.rootfs]]) {
        expect(await device.hostctlIn("edge", "container", ...words)).toMatchObject({ exitCode: 8 });
      }
      expect(await device.hostctlIn("edge", "suspend")).toEqual(ok);
    },
    { allow: { edge: ["container"] } },
  ));

test("two containers each have their own state, and --name chooses", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    await install(device, await smallImage("5.0.0", { name: "second" }));
    const unclear = await device.hostctl("container", "status");
    expect(unclear).toEqual({
      stdout: "Cannot tell which container is meant: there are edge, second; choose with --name\n",
      stderr: "",
      exitCode: 2,
    });
    expect(await device.state("edge")).toBe("normal");
    expect(await device.state("second")).toBe("pending");
    await device.reboot();
    expect(await device.state("edge")).toBe("normal");
    expect(await device.state("second")).toBe("trying");
    expect(await device.current("edge")).toBe(device.slot("a", "edge"));
    expect(await device.current("second")).toBe(device.slot("a", "second"));
    expect(await device.hostctlIn("second", "container", "commit")).toEqual(ok);
    expect(await device.state("second")).toBe("normal");
    const list = JSON.parse((await device.hostctl("container", "list", "--json")).stdout) as { containers: unknown[] };
    expect(list.containers).toMatchObject([
      { name: "edge", state: "normal", running: { version: "1.0.0" } },
      { name: "second", state: "normal", running: { version: "5.0.0" } },
    ]);
  }));
