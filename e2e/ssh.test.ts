// hostctl on a desk and a device at the other end of ssh: the same commands, and a line that may drop.
import { afterAll, beforeAll, expect, setDefaultTimeout } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeConfigYaml } from "@host-service/fixtures";
import { request } from "./kit/api.ts";
import type { Device, DeviceOptions } from "./kit/device.ts";
import { bundleOf, smallImage, workshop } from "./kit/images.ts";
import { onDevice } from "./kit/on-device.ts";
import { isAlive } from "./kit/processes.ts";
import { environment, program } from "./kit/program.ts";
import { isRoot, needsRoot, needsTools, testUnless } from "./kit/requirements.ts";
import { must, run } from "./kit/run.ts";
import type { Answer } from "./kit/run.ts";
import { SshServer } from "./kit/sshd.ts";
import { runImage } from "./kit/steps.ts";
import { until } from "./kit/until.ts";

setDefaultTimeout(120_000);

// The large image goes to the disk in a hundred pieces, each of them synced.
const needs = [
  needsRoot(),
  needsTools("ssh", "ssh-keygen"),
  existsSync("/usr/sbin/sshd") ? undefined : "it needs sshd",
];
const mebibyte = 1024 * 1024;
let server: SshServer;

beforeAll(async () => {
  if (needs.every((reason) => reason === undefined)) server = await SshServer.start();
});
afterAll(async () => {
  if (isRoot) await server?.stop();
});

function story(name: string, tell: (device: Device) => Promise<void>, options: DeviceOptions = {}): void {
  testUnless(needs, name, () =>
    onDevice(async (device) => {
      await tell(device);
      expect(await readdir(join(server.directory, "tmp"))).toEqual([]);
      await until("no line is left", async () => (await server.sessions()).length === 0);
    }, options),
  );
}

function overSsh(device: Device, ...words: string[]): Promise<Answer> {
  return run(command(device, "device", ...words), { env: server.env, cwd: device.directory });
}

function command(device: Device, host: string, ...words: string[]): string[] {
  return [...program("hostctl"), "--device", `ssh://${host}`, "--socket-path", device.socket, ...words];
}

/** An image that is large enough for a hundredth of it to count, and cannot be compressed. */
let large: Promise<{ config: string; rootfs: string; bytes: number }> | undefined;
function largeImage(): Promise<{ config: string; rootfs: string; bytes: number }> {
  large ??= (async () => {
    const tree = join(workshop, "large");
    await mkdir(join(tree, "etc"), { recursive: true });
    await must(["sh", "-c", `head -c ${128 * mebibyte} /dev/urandom >${join(tree, "blob")}`]);
    await writeFile(join(tree, "etc/version"), "9.0.0\n");
    const [config, rootfs] = [join(workshop, "large.yaml"), join(workshop, "large.tar")];
    await writeConfigYaml(config, { name: "edge", version: "9.0.0" });
    await must(["tar", "-cf", rootfs, "-C", tree, "."]);
    return { config, rootfs, bytes: Bun.file(rootfs).size };
  })();
  return large;
}

/** How far the one upload is that is on its way. */
async function offsetOf(device: Device): Promise<number> {
  const name = (await device.inbox()).find((one) => one.endsWith(".upload"));
  return name === undefined ? 0 : Bun.file(join(device.paths.stateDirectory, "inbox", name)).size;
}

function startInstall(device: Device, image: { config: string; rootfs: string }, ...words: string[]) {
  return Bun.spawn(command(device, "device", "container", "install", image.config, image.rootfs, ...words), {
    env: { ...environment, ...server.env },
    cwd: device.directory,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** All that was sent of the uploads, counted in the requests that hostctl tells. */
function bytesSent(told: string): number {
  return [...told.matchAll(/^request: upload \w+: (\d+) bytes from \d+$/gm)].reduce(
    (sum, [, bytes]) => sum + Number(bytes),
    0,
  );
}

story("every command answers over ssh as on the device itself", async (device) => {
  await runImage(device, await smallImage("1.0.0"));
  for (const words of [
    ["ping"],
    ["container", "status"],
    ["container", "status", "--json"],
    ["container", "list", "--json"],
    ["container", "history"],
    ["container", "commit"],
    ["container", "rollback"],
    ["container", "start"],
    ["container", "status", "--name", "nobody"],
    ["container", "commit", "--expect", "9"],
    ["ping", "--quiet"],
    ["container"],
  ]) {
    expect({ words, ...(await overSsh(device, ...words)) }).toEqual({ words, ...(await device.hostctl(...words)) });
  }
});

story("an install sends its files over ssh and prints OK", async (device) => {
  const first = await smallImage("1.0.0");
  expect(await overSsh(device, "container", "install", first.config, first.rootfs)).toEqual({
    stdout: "OK\n",
    stderr: "",
    exitCode: 0,
  });
  expect(await device.state()).toBe("pending");
  await device.reboot();
  await device.hostctl("container", "commit");
  const second = await smallImage("2.0.0");
  const told = await overSsh(device, "container", "install", await bundleOf(second), "--progress", "json");
  expect(told).toMatchObject({ stdout: "OK\n", exitCode: 0 });
  const progress = told.stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(progress[0]).toMatchObject({ type: "progress", phase: "receive", part: "the rootfs", bytes: 0 });
  expect(progress.at(-1)).toMatchObject({ type: "result" });
  expect(await device.status()).toMatchObject({ nextBoot: { version: "2.0.0" } });
  expect(await device.inbox()).toEqual([]);
});

story("a bundle on standard input is streamed over ssh", async (device) => {
  const bundle = await bundleOf(await smallImage("1.0.0"));
  const words = command(device, "device", "container", "install", "-");
  expect(await run(words, { env: server.env, stdin: Bun.file(bundle) })).toMatchObject({ stdout: "OK\n", exitCode: 0 });
});

story("an image that is refused is refused with the same exit code, and need not be sent again", async (device) => {
  const image = await smallImage("1.0.0");
  await runImage(device, image);
  await device.hostctl("container", "install", image.config, image.rootfs);
  await device.reboot();
  const second = await smallImage("2.0.0");
  const words = ["container", "install", second.config, second.rootfs, "--verbose"];
  const refused = await overSsh(device, ...words);
  expect(refused).toMatchObject({ exitCode: 4, stdout: (await device.hostctl(...words)).stdout });
  await device.hostctl("container", "commit");
  const again = await overSsh(device, ...words);
  expect(again).toMatchObject({ exitCode: 0 });
  expect([bytesSent(refused.stderr) > 0, bytesSent(again.stderr)]).toEqual([true, 0]);
});

story("a line that drops midway costs at most a hundredth of the image again", async (device) => {
  const image = await largeImage();
  const installing = startInstall(device, image, "--verbose");
  const stderr = installing.stderr.text();
  for (const share of [0.2, 0.5, 0.8]) {
    await until(`${share} of it has arrived`, async () => (await offsetOf(device)) > share * image.bytes);
    await server.dropLines();
  }
  expect(await installing.exited).toBe(0);
  expect(await installing.stdout.text()).toBe("OK\n");
  const told = await stderr;
  expect(told.match(/connected to ssh:\/\/device again/g)?.length).toBe(3);
  const again = bytesSent(told) - image.bytes;
  console.error(`dropped 3 times: ${again} of ${image.bytes} bytes were sent again`);
  expect(again).toBeLessThanOrEqual((3 * image.bytes) / 100);
  expect(await device.state()).toBe("pending");
  expect(await device.inbox()).toEqual([]);
});

story("a daemon that is killed midway and comes back costs no more", async (device) => {
  const image = await largeImage();
  const installing = startInstall(device, image, "--verbose");
  const stderr = installing.stderr.text();
  await until("half of it has arrived", async () => (await offsetOf(device)) > image.bytes / 2);
  await device.killDaemon();
  await device.startDaemon();
  expect(await installing.exited).toBe(0);
  expect(bytesSent(await stderr) - image.bytes).toBeLessThanOrEqual(image.bytes / 100);
  expect(await device.state()).toBe("pending");
});

story("a line that does not come back is given up with exit 3", async (device) => {
  const image = await largeImage();
  const installing = startInstall(device, image, "--retry-time", "1");
  await until("some of it has arrived", async () => (await offsetOf(device)) > image.bytes / 10);
  await device.killDaemon();
  expect(await installing.exited).toBe(3);
  expect(await installing.stdout.text()).toStartWith(
    'Cannot reach host-service on "ssh://device": nothing answers at ',
  );
  await device.startDaemon();
});

story("Ctrl-C midway gives the upload up and leaves nothing", async (device) => {
  const image = await largeImage();
  const installing = startInstall(device, image);
  await until("some of it has arrived", async () => (await offsetOf(device)) > image.bytes / 10);
  installing.kill("SIGINT");
  expect(await installing.exited).toBe(1);
  expect(await installing.stdout.text()).toBe("Cannot send the image: it was cancelled\n");
  expect(await device.inbox()).toEqual([]);
  expect(await isAlive(device.daemonPid)).toBe(true);
});

const failures: [host: string, socket: string | undefined, told: RegExp][] = [
  [
    "closed",
    undefined,
    /ssh ended with 255: ssh: connect to host 127\.0\.0\.1 port 1: Connection refused; try: ssh closed true$/,
  ],
  [
    "stranger",
    undefined,
    /ssh ended with 255: root@127\.0\.0\.1: Permission denied \(publickey\); try: ssh stranger true$/,
  ],
  ["changed", undefined, /ssh ended with 255: Host key verification failed; try: ssh changed true$/],
  [
    "device",
    "/nowhere/host-service",
    /nothing answers at "\/nowhere\/host-service" there .*; start host-service on the device/,
  ],
  ["device:1", undefined, /port 1: Connection refused; try: ssh -p 1 device true$/],
];

story("what keeps ssh from the device ends with exit 3 and the next step", async (device) => {
  for (const [host, socket, told] of failures) {
    const words = [...program("hostctl"), "--device", `ssh://${host}`, "-s", socket ?? device.socket, "ping"];
    const answer = await run(words, { env: server.env });
    expect({ host, exitCode: answer.exitCode }).toEqual({ host, exitCode: 3 });
    expect(answer.stdout.trim()).toMatch(told);
    expect(answer.stdout).toStartWith(`Cannot reach host-service on "ssh://${host}": `);
  }
  await device.stopDaemon();
  const answer = await overSsh(device, "ping", "--json");
  expect(answer.exitCode).toBe(3);
  expect(JSON.parse(answer.stdout)).toMatchObject({ code: "no-connection" });
  await device.startDaemon();
});

story(
  "an image above the limits of the device ends with the exit code of its problem",
  async (device) => {
    const image = await largeImage();
    const large = await overSsh(device, "container", "install", image.config, image.rootfs);
    expect(large).toMatchObject({ exitCode: 5, stderr: "" });
    expect(large.stdout).toContain("limits.image_bytes_max");
    const headers = { "upload-complete": "?0" };
    await request(device.socket, "/v1/uploads", { method: "POST", headers });
    const { config, rootfs } = await smallImage("1.0.0");
    const many = await overSsh(device, "container", "install", config, rootfs);
    expect(many).toMatchObject({ exitCode: 6, stderr: "" });
    expect(many.stdout).toContain("limits.uploads_max");
  },
  { limits: { image_bytes_max: 100 * mebibyte, uploads_max: 1 } },
);

story("names that could be options or commands never reach ssh", async (device) => {
  await writeFile(join(server.directory, "calls.log"), "");
  for (const wrong of [
    "ssh://-oProxyCommand=touch%20x",
    "ssh://-oProxyCommand=touch x",
    "ssh://root@-oProxyCommand=x",
    "ssh://-l@device",
    "ssh://de vice",
    "ssh://device\n",
    "ssh://$(touch x)",
    "ssh://`id`",
    "ssh://device;id",
    "ssh://device:0",
    "ssh://device:65536",
    "ssh://device:-p",
    "ssh://device/path",
    "ssh://",
    "ssh://[::1",
    "device",
    "-oProxyCommand=x",
  ]) {
    const { exitCode } = await run([...program("hostctl"), `--device=${wrong}`, "ping"], { env: server.env });
    expect({ wrong, exitCode }).toEqual({ wrong, exitCode: 2 });
  }
  for (const socket of ["relative", "/a:/etc/shadow", "/a\n"]) {
    const words = [...program("hostctl"), "--device", "ssh://device", `--socket-path=${socket}`, "ping"];
    expect((await run(words, { env: server.env })).exitCode).toBe(2);
  }
  expect(await readFile(join(server.directory, "calls.log"), "utf8")).toBe("");
  expect((await overSsh(device, "ping")).exitCode).toBe(0);
});

story("HOST_SERVICE_DEVICE chooses the device, and image commands need none", async (device) => {
  const env = { ...server.env, HOST_SERVICE_DEVICE: "ssh://device" };
  const answer = await run([...program("hostctl"), "-s", device.socket, "ping"], { env });
  expect(answer).toEqual({ stdout: "OK\n", stderr: "", exitCode: 0 });
  await writeFile(join(server.directory, "calls.log"), "");
  const bundle = await bundleOf(await smallImage("1.0.0"));
  expect((await run([...program("hostctl"), "image", "inspect", bundle], { env })).exitCode).toBe(0);
  expect(await readFile(join(server.directory, "calls.log"), "utf8")).toBe("");
});

story("a control connection of the user's is used, and keeps no forwarding", async (device) => {
  const ssh = (...words: string[]) => run([join(server.directory, "bin/ssh"), ...words], { env: server.env });
  await ssh("-f", "-N", "shared");
  try {
    const before = await server.sessions();
    const answer = await run(command(device, "shared", "ping"), { env: server.env });
    expect(answer).toMatchObject({ stdout: "OK\n", exitCode: 0 });
    expect(await server.sessions()).toEqual(before);
    expect((await ssh("-O", "check", "shared")).stderr).toContain("Master running");
  } finally {
    await ssh("-O", "exit", "shared");
  }
});
