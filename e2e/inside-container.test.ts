// hostctl in whatever a container is: it brings everything that it needs but /proc.
import { expect } from "bun:test";
import { chmod, chown, copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleOf, smallImage } from "./kit/images.ts";
import type { ContainerRoot, InsideOptions } from "./kit/container-root.ts";
import { containerRoot, inside, rootKinds } from "./kit/container-root.ts";
import type { Device } from "./kit/device.ts";
import { onDevice } from "./kit/on-device.ts";
import { needsRoot, needsTools, testUnless } from "./kit/requirements.ts";
import { runImage } from "./kit/steps.ts";
import { containerTree } from "./device/kit/trees.ts";

const ok = { stdout: "OK\n", stderr: "", exitCode: 0 };
const reasons = [needsRoot(), needsTools("unshare", "chroot"), process.arch === "x64" ? undefined : "it needs x86-64"];
const tools = {
  Debian: needsTools("mmdebstrap"),
  musl: needsTools("musl-gcc"),
  busybox: needsTools("busybox"),
  empty: undefined,
} as const;
const debian = [...reasons, tools.Debian].every((reason) => reason === undefined) ? await containerTree() : undefined;

for (const kind of rootKinds) {
  const missing = kind === "Debian" && debian === undefined ? "it needs a Debian root file system" : undefined;

  testUnless([...reasons, tools[kind], missing], `hostctl runs in a root of the kind "${kind}"`, () =>
    onDevice(async (device) => {
      await runImage(device, await smallImage("1.0.0"));
      const root = await containerRoot(kind, debian);
      const hostctl = (...words: string[]) => call(root, device, {}, words);
      expect(await hostctl("ping")).toEqual(ok);
      expect(await hostctl("--socket-path", "/host/host-service", "ping")).toEqual(ok);
      expect(await call(root, device, { env: { HOST_SERVICE_SOCKET: "/host/host-service" } }, ["ping"])).toEqual(ok);
      expect((await hostctl("container", "status")).stdout).toStartWith("normal\n");
      expect((await hostctl("--version")).stdout).toBe((await device.hostctl("--version")).stdout);

      // What is set for programs of the container's own must not change it.
      const foreign = { PRELOAD: "/nowhere.so", BUN_OPTIONS: "--version", BUN_BE_BUN: "1" };
      expect(await call(root, device, { env: foreign }, ["ping"])).toEqual(ok);

      // A file is handed over as an open descriptor; an archive is read by a job, which is this program once more.
      const second = await smallImage("2.0.0");
      const bundle = await bundleOf(second);
      await copyFile(second.config, join(root.directory, "files/config.yaml"));
      await copyFile(second.rootfs, join(root.directory, "files/rootfs.tar.xz"));
      await copyFile(bundle, join(root.directory, "files/image.tar"));
      const inspected = await hostctl("image", "inspect", "/files/image.tar", "--json");
      expect({ ...inspected, stdout: JSON.parse(inspected.stdout) as unknown }).toMatchObject({
        exitCode: 0,
        stderr: "",
        stdout: { config: { version: "2.0.0" } },
      });
      expect(await hostctl("container", "install", "/files/config.yaml", "/files/rootfs.tar.xz")).toEqual(ok);
      expect(await device.state()).toBe("pending");
    }),
  );
}

testUnless(
  [...reasons, tools.busybox],
  "the listener is the container's root's, until that one opens it to others",
  () =>
    onDevice(async (device) => {
      await runImage(device, await smallImage("1.0.0"));
      const root = await containerRoot("busybox", undefined);
      const asUser = () => call(root, device, { user: "1000:1000" }, ["ping"]);
      const refused = {
        stdout: `Cannot reach host-service at "/host/host-service": permission denied; call it as root, or let the socket's owner open it for you\n`,
        stderr: "",
        exitCode: 3,
      };
      expect(await asUser()).toEqual(refused);
      await chown(device.socketOf("edge"), 0, 1000);
      await chmod(device.socketOf("edge"), 0o660);
      expect(await asUser()).toEqual(ok);
      await device.stopDaemon();
      await device.startDaemon();
      expect(await asUser()).toEqual(ok);
      await chmod(device.socketOf("edge"), 0o600);
      expect(await asUser()).toEqual(refused);
      await chmod(device.socketOf("edge"), 0o666);
      expect(await asUser()).toEqual(ok);
    }),
);

testUnless(reasons, "without /proc, and without its libraries, hostctl says so", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    const root = await containerRoot("empty", undefined);
    expect(await call(root, device, { proc: "without" }, ["ping"])).toEqual({
      stdout: "Cannot run hostctl: /proc is not there; mount it\n",
      stderr: "",
      exitCode: 1,
    });
    const bare = { ...root, libraries: join(root.directory, "files") };
    await writeFile(join(bare.libraries, "hostctl"), "");
    expect(await call(bare, device, {}, ["ping"])).toEqual({
      stdout:
        "Cannot run hostctl: what it needs is not in lib/ beside it, or may not be run there; restart the container\n",
      stderr: "",
      exitCode: 1,
    });
  }),
);

function call(root: ContainerRoot, device: Device, options: InsideOptions, words: readonly string[]) {
  return inside(root, device, { ...options, command: ["/host/hostctl", ...words] });
}
