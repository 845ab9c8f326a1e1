// The host's system is upgraded through the daemon by the real rauc: its service, its keyring, raw slots on loop devices.
import { expect } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  attachLoop,
  type LoopDevice,
  makeCertificate,
  makeRaucBundle,
  type RaucHost,
  sha256Of,
  startRauc,
} from "@host-service/fixtures";
import { Device } from "./kit/device.ts";
import { needsLoopDevices, needsTools, testUnless } from "./kit/requirements.ts";

const needs = [needsLoopDevices(), needsTools("rauc", "dbus-daemon", "openssl", "mksquashfs")];
const imageBytes = 16 * 1024 ** 2;

interface Story {
  device: Device;
  rauc: RaucHost;
  image: string;
  slots: { a: LoopDevice; b: LoopDevice };
  /** By the signer that RAUC knows, unless another one is named. */
  bundle: (name: string, more?: { compatible?: string; signer?: string }) => Promise<string>;
}

async function tell(story: (parts: Story) => Promise<void>): Promise<void> {
  const device = await Device.make();
  const { directory } = device;
  const undo: (() => void)[] = [];
  try {
    const image = join(directory, "image");
    await writeFile(
      image,
      crypto
        .getRandomValues(new Uint8Array(65_536))
        .toHex()
        .repeat(imageBytes / 131_072),
    );
    const attach = (name: string) => {
      const loop = attachLoop(join(directory, name), imageBytes);
      undo.push(() => loop.end());
      return loop;
    };
    const slots = { a: attach("slot-a"), b: attach("slot-b") };
    const known = await makeCertificate(directory, "known");
    const devices = { a: slots.a.device, b: slots.b.device };
    const rauc = await startRauc({ directory, certificate: known.certificate, compatible: "edge-x1", devices });
    undo.push(() => rauc.end());
    const variables = Object.entries(rauc.environment).map(([name, value]) => `${name}=${value}`);
    await device.configure({
      upgrade: [
        'backend = "rauc"',
        `slots = ${JSON.stringify([devices.a, devices.b])}`,
        `command = ${JSON.stringify(["env", ...variables, ...rauc.command])}`,
      ],
    });
    await mkdir(device.paths.stateDirectory, { mode: 0o700 });
    expect((await device.boot()).exitCode).toBe(0);
    await device.startDaemon();
    const bundle: Story["bundle"] = async (name, { compatible = "edge-x1", signer = "known" } = {}) => {
      const certificate = signer === "known" ? known : await makeCertificate(directory, signer);
      return await makeRaucBundle({ directory, image, name, compatible, version: "2.0", signer: certificate });
    };
    await story({ device, rauc, image, slots, bundle });
  } finally {
    for (const step of undo.toReversed()) step();
    await device.cleanUp();
  }
}

/** The first line of `hostctl system status`. */
async function state(device: Device): Promise<string> {
  return (await device.hostctl("system", "status")).stdout.split("\n")[0] ?? "";
}

testUnless(needs, "a bundle is installed by rauc, tried at the next boot, and kept by a commit", () =>
  tell(async ({ device, rauc, image, slots, bundle }) => {
    const upgraded = await device.hostctl("system", "upgrade", await bundle("good"));
    const done = "Upgrade installed successfully. Please reboot to complete the process.\n";
    expect({ status: upgraded.exitCode, stdout: upgraded.stdout }).toEqual({ status: 0, stdout: done });
    expect(sha256Of(slots.b.device, imageBytes)).toBe(sha256Of(image, imageBytes));
    expect({ primary: rauc.primary(), state: await state(device) }).toEqual({ primary: "B", state: "pending" });
    expect(await device.inbox()).toEqual([]);

    await rauc.reboot("B");
    await device.reboot();
    expect(await state(device)).toBe("trying");
    const status = (await device.hostctl("system", "status")).stdout;
    expect(status).toContain("2.0");
    expect((await device.hostctl("system", "commit")).stdout).toBe("OK\n");
    expect({ state: await state(device), rauc: rauc.state("B") }).toEqual({ state: "normal", rauc: "good" });

    await rauc.reboot("B");
    await device.reboot();
    expect(await state(device)).toBe("normal");
  }),
);

testUnless(needs, "a bundle that rauc has installed and nobody commits is rolled back, by whichever boots", () =>
  tell(async ({ device, rauc, bundle }) => {
    const good = await bundle("good");
    expect((await device.hostctl("system", "upgrade", good)).exitCode).toBe(0);
    expect((await device.hostctl("system", "rollback")).stdout).toBe("OK\n");
    expect({ primary: rauc.primary(), state: await state(device) }).toEqual({ primary: "A", state: "normal" });

    expect((await device.hostctl("system", "upgrade", good)).exitCode).toBe(0);
    await rauc.reboot("B");
    await device.reboot();
    // The boot loader gave it up: the old slot runs again.
    await rauc.reboot("A");
    await device.reboot();
    expect({ primary: rauc.primary(), state: await state(device) }).toEqual({ primary: "A", state: "normal" });
    expect((await device.hostctl("system", "status")).stdout).toContain("rolled back");
  }),
);

testUnless(needs, "rauc's reason is what the client prints, and what the history keeps", () =>
  tell(async ({ device, rauc, slots, bundle }) => {
    const empty = sha256Of(slots.b.device, imageBytes);
    const refused = await device.hostctl("system", "upgrade", await bundle("stranger", { signer: "stranger" }));
    const reason =
      "Cannot install the bundle: rauc ended with exit code 1: signature verification failed: Verify error: self-signed certificate";
    expect({ status: refused.exitCode, stdout: refused.stdout.trim() }).toEqual({ status: 5, stdout: reason });
    const foreign = await device.hostctl("system", "upgrade", await bundle("toaster", { compatible: "toaster" }));
    expect({ status: foreign.exitCode, stdout: foreign.stdout.trim() }).toEqual({
      status: 5,
      stdout: 'Cannot install the bundle: it is for "toaster", and this device is "edge-x1"',
    });
    expect(sha256Of(slots.b.device, imageBytes)).toBe(empty);
    expect({ primary: rauc.primary(), state: await state(device) }).toEqual({ primary: "A", state: "normal" });
    const history = await Bun.file(join(device.paths.stateDirectory, "history.ndjson")).text();
    expect(history).toContain(reason);
    expect(await device.inbox()).toEqual([]);
  }),
);
