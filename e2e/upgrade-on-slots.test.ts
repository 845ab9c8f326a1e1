// The host's system is upgraded through a daemon whose root is a slot, by the real swupdate and the real Mender client.
import { expect } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  installWithMender,
  makeCertificate,
  makeSwupdateImage,
  sha256Of,
  tracesOf,
  type UpgradeTraces,
} from "@host-service/fixtures";
import type { Device } from "./kit/device.ts";
import { needsLoopDevices, needsTools, testUnless } from "./kit/requirements.ts";
import { deviceType, rootOnSlotPrograms, withRootOnSlot } from "./kit/root-on-slot.ts";
import { must } from "./kit/run.ts";

const needs = [needsLoopDevices(), needsTools(...rootOnSlotPrograms)];
const imageBytes = 16 * 1024 ** 2;
const installed = {
  exitCode: 0,
  stdout: "Upgrade installed successfully. Please reboot to complete the process.\n",
};

async function writeImage(directory: string): Promise<string> {
  const image = join(directory, "image");
  await writeFile(
    image,
    crypto
      .getRandomValues(new Uint8Array(65_536))
      .toHex()
      .repeat(imageBytes / 131_072),
  );
  return image;
}

async function upgrade(device: Device, file: string): Promise<{ exitCode: number; stdout: string }> {
  const { exitCode, stdout } = await device.hostctl("system", "upgrade", file);
  return { exitCode, stdout };
}

async function state(device: Device): Promise<string> {
  return (await device.hostctl("system", "status")).stdout.split("\n")[0] ?? "";
}

function trialOf(part: number): Record<string, string> {
  return {
    bootcount: "0",
    mender_boot_part: String(part),
    mender_boot_part_hex: part.toString(16),
    upgrade_available: "1",
  };
}

testUnless(
  [...needs, needsTools("swupdate", "openssl", "cpio")],
  "an update file is installed by swupdate into the slot that does not run, which the boot loader then tries; a stranger's is refused",
  () =>
    withRootOnSlot({ slotBytes: imageBytes, programs: ["/usr/bin/swupdate"] }, async (parts) => {
      const { device, inside, slots } = parts;
      const { directory } = device;
      const image = await writeImage(directory);
      const [known, stranger] = [
        await makeCertificate(directory, "known"),
        await makeCertificate(directory, "stranger"),
      ];
      const command = ["swupdate", "-k", known.certificate, "-H", "edge:1.0", "-e", "stable,copy-{slot}"];
      await parts.start(['backend = "swupdate"', `command = ${JSON.stringify(command)}`]);
      const about = { directory, image, version: "2.0", hardware: "1.0", devices: slots };
      const theirs = await makeSwupdateImage({ ...about, name: "stranger", signer: stranger });
      const before = inside.variables();
      expect(await upgrade(device, theirs)).toEqual({
        exitCode: 5,
        stdout:
          "Cannot install the update file: swupdate ended with exit code 1: Authentication of all signatures failed\n",
      });
      expect({ variables: inside.variables(), state: await state(device) }).toEqual({
        variables: before,
        state: "normal",
      });
      expect(await upgrade(device, await makeSwupdateImage({ ...about, name: "good", signer: known }))).toEqual(
        installed,
      );
      expect(tracesOf(inside, imageBytes)).toEqual({
        slotSha256: sha256Of(image, imageBytes),
        variables: trialOf(parts.parts.b),
      });
      expect({ inbox: await device.inbox(), state: await state(device) }).toEqual({ inbox: [], state: "pending" });
    }),
);

testUnless(
  [...needs, needsTools("mender-artifact")],
  "an artifact is installed by the Mender client, with what the client alone would leave, and rolled back",
  () =>
    withRootOnSlot({ slotBytes: imageBytes }, async ({ device, inside, parts, start }) => {
      const image = await writeImage(device.directory);
      const artifact = join(device.directory, "release-2.mender");
      const what = ["write", "rootfs-image", "-t", deviceType, "-n", "release-2", "-f", image, "-o", artifact];
      await must(["mender-artifact", ...what]);
      const alone = await installWithMender(inside, { artifact, imageBytes });
      expect(alone.slotSha256).toBe(sha256Of(image, imageBytes));
      inside.reset();
      await start(['backend = "mender"', `device_type = "${deviceType}"`]);
      expect(await upgrade(device, artifact)).toEqual(installed);
      expect(tracesOf(inside, imageBytes)).toEqual(alone);
      expect(await state(device)).toBe("pending");
      expect((await device.hostctl("system", "rollback")).stdout).toBe("OK\n");
      const { mender_boot_part: next, upgrade_available: isTrial } = inside.variables();
      expect({ next, isTrial, state: await state(device) }).toEqual({
        next: String(parts.a),
        isTrial: "0",
        state: "normal",
      });
    }),
);

testUnless(
  [...needs, needsTools("mender-artifact")],
  "the built-in back end leaves the slot and the variables as the Mender client does, for an artifact of each compression",
  () =>
    withRootOnSlot({ slotBytes: imageBytes }, async ({ device, inside, start }) => {
      const image = await writeImage(device.directory);
      const told: { artifact: string; alone: UpgradeTraces }[] = [];
      for (const compression of ["none", "gzip", "lzma"]) {
        const artifact = join(device.directory, `${compression}.mender`);
        const what = ["-t", deviceType, "-n", "release-2", "-f", image, "-o", artifact, "--compression", compression];
        await must(["mender-artifact", "write", "rootfs-image", ...what]);
        told.push({ artifact, alone: await installWithMender(inside, { artifact, imageBytes }) });
      }
      inside.reset();
      await start(['backend = "partitions"', `device_type = "${deviceType}"`]);
      for (const { artifact, alone } of told) {
        expect(await upgrade(device, artifact)).toEqual(installed);
        const { slotSha256, variables } = tracesOf(inside, imageBytes);
        // The client writes the hexadecimal number with capitals, and U-Boot reads both.
        const hex = variables["mender_boot_part_hex"]?.toUpperCase() ?? "";
        expect<UpgradeTraces>({ slotSha256, variables: { ...variables, mender_boot_part_hex: hex } }).toEqual(alone);
        expect(slotSha256).toBe(sha256Of(image, imageBytes));
        expect((await device.hostctl("system", "rollback")).stdout).toBe("OK\n");
        inside.slots.b.empty();
      }
    }),
);
