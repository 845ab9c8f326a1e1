// The ways of a file from hostctl to the daemon: which is taken where, and that an open file crosses what no path does.
import { expect, test } from "bun:test";
import { chmod, chown, copyFile, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "./kit/device.ts";
import type { Image } from "./kit/images.ts";
import { bundleOf, smallImage } from "./kit/images.ts";
import { onDevice } from "./kit/on-device.ts";
import { program } from "./kit/program.ts";
import { needsRoot, needsTools, testUnless } from "./kit/requirements.ts";
import type { Answer } from "./kit/run.ts";
import { run } from "./kit/run.ts";
import { install } from "./kit/steps.ts";

/** What `--verbose` says about the way. */
function ways({ stderr }: Answer): string[] {
  return stderr.split("\n").flatMap((line) => (line.startsWith("transfer: ") ? [line.slice("transfer: ".length)] : []));
}

const words = ({ config, rootfs }: Image, ...more: string[]) =>
  ["container", "install", config, rootfs, "--verbose"].concat(more);

test("auto takes an open file, else a path on the host, else a stream, and says why", () =>
  onDevice(async (device) => {
    const image = await smallImage("1.0.0");
    expect(ways(await device.hostctl(...words(image)))).toEqual(["open files"]);
    expect(ways(await device.hostctlIn("edge", ...words(image)))).toEqual(["open files"]);
    await rm(`${device.socket}.peer`);
    await rm(`${device.socketOf("edge")}.peer`);
    const missing = (socket: string) =>
      `no open files: Cannot reach host-service at "${socket}.peer": there is no such socket; start host-service, or give the right path with --socket-path or $HOST_SERVICE_SOCKET`;
    const onHost = await device.hostctl(...words(image));
    expect(ways(onHost)).toEqual([missing(device.socket), "paths"]);
    const inside = await device.hostctlIn("edge", ...words(image));
    const noPaths = "no paths: only the host's own socket takes them";
    expect(ways(inside)).toEqual([missing(device.socketOf("edge")), noPaths, "stream"]);
    expect([onHost.exitCode, inside.exitCode]).toEqual([0, 0]);
    expect(await device.hostctl(...words(image, "--transfer", "fd"))).toMatchObject({ exitCode: 3 });
  }));

for (const [how, way] of [
  ["fd", "open files"],
  ["path", "paths"],
  ["stream", "stream"],
] as const) {
  test(`--transfer ${how} takes that way and no other`, () =>
    onDevice(async (device) => {
      const image = await smallImage("1.0.0");
      const answer = await device.hostctl(...words(image, "--transfer", how));
      expect([ways(answer), answer.stdout]).toEqual([[way], "OK\n"]);
      const inside = await device.hostctlIn("edge", ...words(image, "--transfer", how));
      expect([ways(inside), inside.exitCode]).toEqual([[way], how === "path" ? 8 : 0]);
    }));
}

test("a bundle is always streamed", () =>
  onDevice(async (device) => {
    const bundle = await bundleOf(await smallImage("1.0.0"));
    expect(await device.hostctl("container", "install", bundle, "--transfer", "fd")).toMatchObject({
      stdout: "Cannot install a bundle with --transfer fd: it is always streamed\n",
      exitCode: 2,
    });
    expect(await device.hostctl("container", "install", bundle, "--transfer", "stream")).toMatchObject({ exitCode: 0 });
  }));

test("the peer socket is found beside what the socket's path leads to", () =>
  onDevice(async (device) => {
    const image = await smallImage("1.0.0");
    await install(device, image);
    const link = join(device.directory, "link");
    await symlink(device.socketOf("edge"), link);
    expect(ways(await device.hostctlWith({ socket: link }, ...words(image)))).toEqual(["open files"]);
  }));

testUnless([needsTools("unshare", "mount")], "an open file comes from another mount, PID and user namespace", () =>
  onDevice(async (device) => {
    const image = await smallImage("1.0.0");
    await install(device, image);
    const inside = join(device.directory, "inside");
    await mkdir(inside);
    const script = `
      set -e
      mount -t tmpfs tmpfs "$1"
      cp "$2" "$1/config.yaml"
      cp "$3" "$1/rootfs.tar.xz"
      exec "$4" -s "$5" container install "$1/config.yaml" "$1/rootfs.tar.xz" --verbose --transfer fd`;
    const [hostctl = ""] = program("hostctl");
    const operands = [inside, image.config, image.rootfs, hostctl, device.socketOf("edge")];
    const namespaces = ["unshare", "--mount", "--pid", "--fork", "--user", "--map-root-user", "--mount-proc"];
    const answer = await run([...namespaces, "sh", "-c", script, "sh", ...operands]);
    expect([answer.stdout, ways(answer)]).toEqual(["OK\n", ["open files"]]);
    expect(await device.status()).toMatchObject({ state: "pending", nextBoot: { version: "1.0.0" } });
    expect(await device.inbox()).toEqual([]);
  }),
);

/** hostctl as a user who may connect and is nobody to the daemon. */
async function asNobody(device: Device, image: Image, mode: number): Promise<Answer> {
  const nobody = 65534;
  await chmod(device.directory, 0o755);
  const directory = join(device.directory, "nobody");
  await mkdir(directory, { mode: 0o700 });
  for (const [from, name] of [
    [image.config, "config.yaml"],
    [image.rootfs, "rootfs.tar.xz"],
  ] as const) {
    await copyFile(from, join(directory, name));
    await chmod(join(directory, name), mode);
    await chown(join(directory, name), nobody, nobody);
  }
  await chown(directory, nobody, nobody);
  const socket = device.socketOf("edge");
  for (const path of [socket, `${socket}.peer`]) await chmod(path, 0o666);
  const who = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"];
  const files = [join(directory, "config.yaml"), join(directory, "rootfs.tar.xz")];
  return await run([...who, ...program("hostctl"), "-s", socket, "container", "install", ...files, "--verbose"]);
}

testUnless([needsRoot(), needsTools("setpriv")], "an open file comes from a user whom the socket's mode lets in", () =>
  onDevice(async (device) => {
    const image = await smallImage("1.0.0");
    await install(device, image);
    const answer = await asNobody(device, image, 0o400);
    expect([answer.stdout, ways(answer)]).toEqual(["OK\n", ["open files"]]);
  }),
);

testUnless(
  [needsRoot(), needsTools("setpriv")],
  "a file is opened with the rights of the caller, not with the daemon's",
  () =>
    onDevice(async (device) => {
      const image = await smallImage("1.0.0");
      await install(device, image);
      const answer = await asNobody(device, image, 0);
      expect(answer.exitCode).toBe(1);
      expect(answer.stdout).toContain("permission denied");
    }),
);
