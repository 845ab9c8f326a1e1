// The real mender client of Debian, in a root of its own that is a loop device, with the real fw_setenv.
import { expect } from "bun:test";
import { copyFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import {
  installWithMender,
  makeMenderDevice,
  type MenderDevice,
  partitionOf,
  sha256Of,
  tracesOf,
} from "@host-service/fixtures";
import { type BootLoader, menderBackend, uBootLoader } from "../../../source/index.ts";
import { inPlace, isRunning, recorded, refusal, withSource, writeImage } from "../kit/place.ts";
import { lacking, testUnless } from "../kit/requirements.ts";

const reason = lacking("mender", "mender-artifact", "fw_setenv", "mkfs.ext4", "chroot", "losetup");
const imageBytes = 64 * 1024 ** 2;
const request = {
  imageId: `sha256:${"0".repeat(64)}`,
  name: "release-2",
  version: "release-2",
  payloadType: "rootfs-image",
};

interface Rig {
  directory: string;
  device: MenderDevice;
  parts: { a: number; b: number };
  running: { slot: "a" | "b" };
  bootEnvironment: BootLoader;
  backend: ReturnType<typeof menderBackend>;
  artifact: string;
}

function withMender(story: (rig: Rig) => Promise<void>): Promise<void> {
  return inPlace(async (directory, atEnd) => {
    const image = writeImage(join(directory, "image"), { bytes: imageBytes, seed: 5 });
    const artifact = writeArtifact(image, join(directory, "release-2.mender"), { deviceType: "edge-x1" });
    const device = makeMenderDevice({ directory, deviceType: "edge-x1", slotBytes: imageBytes + 1024 ** 2 });
    atEnd(() => device.end());
    const parts = { a: partitionOf(device.slots.a.device), b: partitionOf(device.slots.b.device) };
    const running: Rig["running"] = { slot: "a" };
    const bootEnvironment = uBootLoader({
      file: device.environmentConfiguration,
      partitions: parts,
      bootedSlot: () => Promise.resolve(running.slot),
    });
    const devices = { a: device.slots.a.device, b: device.slots.b.device };
    const backend = menderBackend({
      command: device.inside("/usr/bin/mender", "--no-syslog"),
      devices,
      bootEnvironment,
    });
    await story({ directory, device, parts, running, bootEnvironment, backend, artifact });
  });
}

function writeArtifact(image: string, path: string, { deviceType }: { deviceType: string }): string {
  const what = ["write", "rootfs-image", "-t", deviceType, "-n", "release-2", "-f", image, "-o", path];
  const done = Bun.spawnSync(["mender-artifact", ...what, "--compression", "none"]);
  if (!done.success) throw new Error(`Cannot write an artifact: ${done.stderr.toString()}`);
  return path;
}

/** The variables of the specification, section 7, with `slot` as the one that is next. */
function variablesFor(slot: number, upgradeAvailable: "0" | "1"): Record<string, string> {
  return {
    bootcount: "0",
    mender_boot_part: String(slot),
    mender_boot_part_hex: slot.toString(16).toUpperCase(),
    upgrade_available: upgradeAvailable,
  };
}

const install = (backend: Rig["backend"], path: string, more: Parameters<typeof recorded>[0] = {}) =>
  withSource(path, (source) => backend.installer.install(source, request, recorded(more).options));

testUnless(reason, "menderBackend installs an artifact: slot content, progress, variables", () =>
  withMender(async ({ directory, device, parts, backend, artifact }) => {
    await backend.installer.check("b");
    const { options, progress, beforeWriting } = recorded();
    const installed = await withSource(artifact, (source) => backend.installer.install(source, request, options));
    const bytes = Bun.file(artifact).size;
    const { payloadType: _, ...known } = request;
    expect(installed).toEqual({ ...known, bytes, warnings: [], isArmed: true });
    expect(beforeWriting).toEqual([known]);
    expect(tracesOf(device, imageBytes)).toEqual({
      slotSha256: sha256Of(join(directory, "image"), imageBytes),
      variables: variablesFor(parts.b, "1"),
    });
    expect(progress.at(-1)).toEqual({ phase: "write", bytes, bytesTotal: bytes });
    const before = progress.slice(0, -1).map((told) => told.bytes);
    expect(before.length).toBeGreaterThan(0);
    expect(before.every((value, index) => value < bytes && value > (before[index - 1] ?? -1))).toBe(true);
    expect(await backend.bootLoader.view()).toEqual({ booted: "a", next: "b", isTrial: true });
    await backend.bootLoader.tryOnce("b");
  }),
);

testUnless(reason, "installWithMender leaves what the specification says, and what the back end leaves", () =>
  withMender(async ({ directory, device, parts, backend, artifact }) => {
    const expected = {
      slotSha256: sha256Of(join(directory, "image"), imageBytes),
      variables: variablesFor(parts.b, "1"),
    };
    expect(await installWithMender(device, { artifact, imageBytes })).toEqual(expected);
    device.reset();
    expect(tracesOf(device, imageBytes)).toEqual({
      slotSha256: new Bun.CryptoHasher("sha256").update(new Uint8Array(imageBytes)).digest("hex"),
      variables: { ...variablesFor(parts.a, "0"), mender_boot_part_hex: parts.a.toString(16) },
    });
    await install(backend, artifact);
    expect(tracesOf(device, imageBytes)).toEqual(expected);
  }),
);

testUnless(
  reason,
  "the boot loader of the built-in back end and the client leave, and understand, the same variables",
  () =>
    withMender(async ({ device, bootEnvironment, artifact }) => {
      const { variables: theirs } = await installWithMender(device, { artifact, imageBytes });
      const trial = { booted: "a", next: "b", isTrial: true } as const;
      expect(await bootEnvironment.view()).toEqual(trial);
      await bootEnvironment.tryOnce("b");
      expect(device.variables()).toEqual(theirs);
      device.reset();
      await bootEnvironment.tryOnce("b");
      // The client writes the hexadecimal number with capitals, and U-Boot reads both.
      const { mender_boot_part_hex: hex = "", ...others } = device.variables();
      expect<Record<string, string>>({ ...others, mender_boot_part_hex: hex.toUpperCase() }).toEqual(theirs);
      expect(await bootEnvironment.view()).toEqual(trial);
    }),
);

testUnless(reason, "menderBackend refuses in the client's words, and the boot environment stays as it was", () =>
  withMender(async ({ directory, device, backend, artifact }) => {
    const before = device.variables();
    const image = join(directory, "image");
    const start = "Cannot install the artifact: mender ended with exit code 1: ";
    const stranger = writeArtifact(image, join(directory, "stranger.mender"), { deviceType: "toaster" });
    expect(await refusal(install(backend, stranger))).toEqual({
      name: "UpgradeError",
      kind: "backend",
      message:
        start +
        "installer: failed to read Artifact: readHeaderV3: handleHeaderReads: installer: image (device types [toaster]) not compatible with device edge-x1",
    });
    const cut = join(directory, "cut.mender");
    copyFileSync(artifact, cut);
    truncateSync(cut, imageBytes / 2);
    expect((await refusal(install(backend, cut))).message).toBe(
      `${start}Payload: can not install Payload: rootfs.img: unexpected EOF`.replace("rootfs.img", "image"),
    );
    const large = writeImage(join(directory, "large"), { bytes: imageBytes + 4 * 1024 ** 2, seed: 6 });
    const tooLarge = writeArtifact(large, join(directory, "large.mender"), { deviceType: "edge-x1" });
    expect((await refusal(install(backend, tooLarge))).message).toMatch(/ended with exit code 1: .*(?:size|space)/u);
    expect(device.variables()).toEqual(before);
  }),
);

testUnless(reason, "menderBackend leaves no process and no trial of a cancelled install", () =>
  withMender(async ({ device, backend, artifact, parts }) => {
    const before = device.variables();
    const abort = new AbortController();
    const refused = await refusal(install(backend, artifact, { signal: abort.signal, onBytes: () => abort.abort() }));
    expect(refused).toEqual({
      name: "UpgradeError",
      kind: "cancelled",
      message: "Cannot install the artifact: it was cancelled",
    });
    expect({ running: isRunning(artifact), variables: device.variables() }).toEqual({
      running: false,
      variables: before,
    });
    await install(backend, artifact);
    expect(device.variables()).toEqual(variablesFor(parts.b, "1"));
  }),
);

testUnless(reason, "menderBackend commits and rolls back as the specification's table has it", () =>
  withMender(async ({ device, parts, running, backend, artifact }) => {
    const { bootLoader } = backend;
    await install(backend, artifact);
    const notYet = { name: "UpgradeError", kind: "unknown-slot", message: "Cannot keep slot b: slot a runs" };
    expect(await refusal(bootLoader.keep("b"))).toEqual(notYet);
    expect(device.variables()).toEqual(variablesFor(parts.b, "1"));
    // Rolled back before the reboot.
    await bootLoader.returnTo("a");
    expect(device.variables()).toEqual(variablesFor(parts.a, "0"));
    expect((await refusal(bootLoader.tryOnce("b"))).message).toBe(
      "Cannot try slot b: mender ended well, but slot a starts next",
    );
    // Tried, and kept.
    await install(backend, artifact);
    running.slot = "b";
    await bootLoader.keep("b");
    expect(device.variables()).toEqual(variablesFor(parts.b, "0"));
    // Once more does no harm, though the client knows of nothing to commit.
    await bootLoader.keep("b");
    expect(device.variables()).toEqual(variablesFor(parts.b, "0"));
    // From what is committed the client itself knows no way back.
    await bootLoader.returnTo("a");
    expect(device.variables()["mender_boot_part"]).toBe(String(parts.a));
  }),
);

testUnless(reason, "menderBackend gets along with a client that lost its note, and with one that still has it", () =>
  withMender(async ({ device, parts, running, backend, artifact }) => {
    const { bootLoader } = backend;
    await install(backend, artifact);
    running.slot = "b";
    for (const name of ["mender-store", "mender-store-lock"])
      rmSync(join(device.root, "var/lib/mender", name), { force: true });
    await bootLoader.keep("b");
    expect(device.variables()).toEqual(variablesFor(parts.b, "0"));
    // The boot loader went back by itself; the client still believes in the update.
    device.reset();
    running.slot = "a";
    await install(backend, artifact);
    device.setVariables(variablesFor(parts.a, "0"));
    await bootLoader.keep("a");
    expect(device.variables()).toEqual(variablesFor(parts.a, "0"));
    device.reset();
    await install(backend, artifact);
    device.setVariables(variablesFor(parts.a, "0"));
    await install(backend, artifact);
    expect(device.variables()).toEqual(variablesFor(parts.b, "1"));
    // A trial that is open is not ended by an install.
    expect(await refusal(install(backend, artifact))).toEqual({
      name: "UpgradeError",
      kind: "boot-environment",
      message: expect.stringContaining("the boot environment has an upgrade in it that is not committed"),
    });
  }),
);
