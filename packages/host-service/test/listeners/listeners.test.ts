import { expect, test } from "bun:test";
import { chmod, lstat, mkdir, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { realDisk, replaceFile } from "@host-service/disk";
import { Device, onDevice } from "../kit/device.ts";
import { imageOf } from "../kit/images.ts";

const ping = async (device: Device, as?: string) =>
  (await device.fetch("GET", "/v1/ping", as === undefined ? {} : { as })).status;
const warned = (device: Device) => device.logged.filter(({ level }) => level === "warn").map(({ message }) => message);

/** A device whose container "edge" finds something of its own in the place of its socket when the daemon starts. */
async function withPlanted(plant: (path: string, device: Device) => Promise<unknown>): Promise<Device> {
  const device = await Device.make();
  await device.start();
  await device.install(imageOf("1.0.0", { name: "edge" }));
  await device.install(imageOf("1.0.0", { name: "other" }));
  await device.stop();
  const path = device.socketOf("edge");
  await rm(path, { recursive: true, force: true });
  await plant(path, device);
  return device;
}

/** What begins with a dot is the daemon's own. */
const containersIn = async (device: Device) =>
  (await readdir(join(device.directory, "run"))).filter((name) => !name.startsWith(".")).toSorted();

test("follow opens a listener with the first install and takes it away with the container", () =>
  onDevice(async (device) => {
    expect(await containersIn(device)).toEqual([]);
    await device.install(imageOf("1.0.0"));
    expect(await ping(device, "edge")).toBe(200);
    expect((await lstat(device.socketOf("edge"))).mode & 0o777).toBe(0o600);
    expect((await lstat(join(device.directory, "run/edge"))).mode & 0o777).toBe(0o755);
    expect((await device.call("DELETE", "/v1/containers/edge")).status).toBe(200);
    expect(await containersIn(device)).toEqual([]);
    await device.install(imageOf("1.0.0"));
    expect(await ping(device, "edge")).toBe(200);
  }));

test("follow opens one listener for each of many containers that come at once", () =>
  onDevice(async (device) => {
    const names = Array.from({ length: 8 }, (_, index) => `c${index}`);
    const answers = await Promise.all(names.map((name) => device.install(imageOf("1.0.0", { name }), { name })));
    expect(answers.map(({ status, body }) => [status, body["detail"]])).toEqual(names.map(() => [200, undefined]));
    expect(warned(device)).toEqual([]);
    for (const name of names) expect([name, await ping(device, name)]).toEqual([name, 200]);
    expect(await containersIn(device)).toEqual(names);
    await Promise.all(names.map((name) => device.call("DELETE", `/v1/containers/${name}`)));
    expect(await containersIn(device)).toEqual([]);
  }));

const plants: [string, (path: string, device: Device) => Promise<unknown>][] = [
  ["a file", (path) => writeFile(path, "mine")],
  ["a symbolic link to the host's socket", (path, device) => symlink(device.socketOf(), path)],
  ["a symbolic link to a file", (path, device) => symlink(join(device.directory, "config.toml"), path)],
  ["a symbolic link to nothing", (path) => symlink("/nothing/there", path)],
  ["a directory", (path) => mkdir(join(path, "deep"), { recursive: true })],
];

for (const [what, plant] of plants) {
  test(`open goes on without the listener of a container that put ${what} in its place`, async () => {
    const device = await withPlanted(plant);
    try {
      const before = await readFile(device.configurationFile, "utf8");
      await device.start();
      expect([await ping(device), await ping(device, "other")]).toEqual([200, 200]);
      expect((await lstat(device.socketOf("edge"))).isSocket()).toBe(false);
      expect(warned(device)).toEqual(["Cannot open the listener of a container"]);
      expect(await readFile(device.configurationFile, "utf8")).toBe(before);
      // The host can still do everything, and the listener comes back when the way is free.
      expect((await device.install(imageOf("2.0.0"), { name: "edge" })).status).toBe(200);
      await rm(device.socketOf("edge"), { recursive: true });
      expect((await device.install(imageOf("3.0.0"), { name: "edge" })).status).toBe(200);
      expect(await ping(device, "edge")).toBe(200);
    } finally {
      await device.remove();
    }
  });
}

test("follow removes a container's directory without following what is in it", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0"));
    const outside = join(device.directory, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "precious"), "kept");
    await symlink(outside, join(device.directory, "run/edge/link"));
    expect((await device.call("DELETE", "/v1/containers/edge")).status).toBe(200);
    expect(await containersIn(device)).toEqual([]);
    expect(await readFile(join(outside, "precious"), "utf8")).toBe("kept");
  }));

test("open gives the socket of a restarted daemon the mode of the one before", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0"));
    await chmod(device.socketOf("edge"), 0o660);
    await device.stop();
    await device.start();
    expect((await lstat(device.socketOf("edge"))).mode & 0o777).toBe(0o660);
    expect(await ping(device, "edge")).toBe(200);
  }));

test("open that cannot listen for the host leaves no listener behind", async () => {
  const device = await withPlanted((_path, { directory }) =>
    replaceFile(realDisk, join(directory, "host"), "precious"),
  );
  try {
    expect(device.start()).rejects.toMatchObject({ kind: "in-the-way" });
    await expect(ping(device, "other")).rejects.toThrow();
    expect(await readFile(join(device.directory, "host"), "utf8")).toBe("precious");
  } finally {
    await device.remove();
  }
});
