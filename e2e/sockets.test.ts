// What the daemon listens on, and what in its working directory and environment must not change it.
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { json } from "./kit/api.ts";
import type { Device } from "./kit/device.ts";
import { smallImage } from "./kit/images.ts";
import { onDevice, onNewDevice } from "./kit/on-device.ts";
import { socketInodes } from "./kit/processes.ts";
import { install } from "./kit/steps.ts";

const listening = { tcp: "0A", unix: "00010000" };

/** The paths of the listening Unix sockets among the process's descriptors, and the local addresses of TCP ones. */
async function listeners(pid: number): Promise<{ tcp: string[]; unix: string[] }> {
  const inodes = await socketInodes(pid);
  const rows = async (table: string) =>
    (await readFile(`/proc/net/${table}`, "utf8").catch(() => ""))
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/));
  const tcp = [...(await rows("tcp")), ...(await rows("tcp6"))]
    .filter((row) => row[3] === listening.tcp && inodes.has(row[9] ?? ""))
    .map((row) => row[1] ?? "");
  const unix = (await rows("unix"))
    .filter((row) => row[3] === listening.unix && inodes.has(row[6] ?? ""))
    .map((row) => row[7] ?? "");
  return { tcp, unix };
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o7777).toString(8);
}

async function expectOwnSocketsOnly(device: Device, sockets: number): Promise<void> {
  const { tcp, unix } = await listeners(device.daemonPid);
  expect(tcp).toEqual([]);
  expect(unix).toHaveLength(sockets);
  // A socket keeps the name that it was bound to, in the private directory from which it was renamed.
  for (const path of unix) expect(path).toStartWith(`${device.directory}/`);
}

// Each listener has two: for requests, and for open files.
test("the daemon listens on its Unix sockets and nowhere else", () =>
  onDevice(async (device) => {
    await expectOwnSocketsOnly(device, 2);
    await install(device, await smallImage("1.0.0"));
    // The container's own two, and those of its guest API.
    await expectOwnSocketsOnly(device, 6);
    expect(await modeOf(device.socket)).toBe("600");
    expect(await modeOf(device.socketOf("edge"))).toBe("600");
    expect(await modeOf(device.paths.stateDirectory)).toBe("700");
    expect(await modeOf(join(device.paths.stateDirectory, "inbox"))).toBe("700");
  }));

test("listeners finds a TCP listener where there is one", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  expect((await listeners(process.pid)).tcp).toHaveLength(1);
  server.close();
});

test("a stale socket is replaced, and so is one of a daemon that was killed", () =>
  onDevice(async (device) => {
    await install(device, await smallImage("1.0.0"));
    await device.killDaemon();
    expect(existsSync(device.socket)).toBe(true);
    expect(existsSync(device.socketOf("edge"))).toBe(true);
    expect(await device.hostctl("ping")).toMatchObject({ exitCode: 3 });
    await device.startDaemon();
    expect(await device.hostctl("ping")).toMatchObject({ stdout: "OK\n" });
    expect(await device.hostctlIn("edge", "ping")).toMatchObject({ stdout: "OK\n" });
  }));

test("what is no socket and lies in the way is left alone, and the daemon says so", () =>
  onNewDevice(async (device) => {
    await device.boot();
    await writeFile(device.socket, "mine\n");
    const refused = await device.startDaemon().then(
      () => "started",
      (error: Error) => error.message,
    );
    expect(refused).toContain("something that is not a socket is there");
    expect(await readFile(device.socket, "utf8")).toBe("mine\n");
  }));

for (const end of ["stopDaemon", "killDaemon"] as const) {
  test(`a changed mode of a socket outlives ${end} and a new daemon, and ends with the boot`, () =>
    onDevice(async (device) => {
      await install(device, await smallImage("1.0.0"));
      await chmod(device.socket, 0o660);
      await chmod(device.socketOf("edge"), 0o666);
      await device[end]();
      await device.startDaemon();
      expect(await modeOf(device.socket)).toBe("660");
      expect(await modeOf(device.socketOf("edge"))).toBe("666");
      await device.reboot();
      expect(await modeOf(device.socket)).toBe("600");
      expect(await modeOf(device.socketOf("edge"))).toBe("600");
    }));
}

test("what is planted in the working directory and in the environment does not change the programs", () =>
  onNewDevice(async (device) => {
    const trap = join(device.directory, "trap");
    await mkdir(trap);
    await writeFile(join(trap, "preload.ts"), 'require("node:fs").writeFileSync("preloaded", "");\n');
    await writeFile(join(trap, "bunfig.toml"), 'preload = ["./preload.ts"]\n');
    await writeFile(join(trap, ".env"), `HOST_SERVICE_SOCKET=${trap}/other\nHOST_SERVICE_LOG=json\n`);
    await device.boot();
    await device.startDaemon({ cwd: trap });
    expect(await device.log()).not.toContain('{"time"');
    expect(await device.hostctlWith({ cwd: trap }, "ping")).toMatchObject({ stdout: "OK\n", exitCode: 0 });
    const image = await smallImage("1.0.0");
    const words = ["container", "install", image.config, image.rootfs];
    expect(await device.hostctlWith({ cwd: trap }, ...words)).toMatchObject({ stdout: "OK\n", exitCode: 0 });
    expect(existsSync(join(trap, "preloaded"))).toBe(false);
    const info = await json(device.socket, "/v1");
    expect(info).toMatchObject({
      status: 200,
      body: { name: "host-service", bootId: device.bootId, listener: "host" },
    });
  }));
