// The real rauc, with its service, its keyring and raw slots on loop devices.
import { expect } from "bun:test";
import { copyFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import {
  attachLoop,
  makeCertificate,
  makeRaucBundle,
  type RaucHost,
  sha256Of,
  startRauc,
} from "@host-service/fixtures";
import { raucBackend } from "../../../source/index.ts";
import { inPlace, isRunning, recorded, refusal, until, withSource, writeImage } from "../kit/place.ts";
import { lacking, testUnless } from "../kit/requirements.ts";

const reason = lacking("rauc", "dbus-daemon", "openssl", "mksquashfs", "losetup");
const imageBytes = 24 * 1024 ** 2;
const request = { imageId: `sha256:${"0".repeat(64)}` };

interface Rig {
  directory: string;
  image: string;
  rauc: RaucHost;
  devices: { a: string; b: string };
  bundle: (name: string, more?: { compatible?: string; signer?: string; image?: string }) => Promise<string>;
}

function withRauc(story: (rig: Rig) => Promise<void>): Promise<void> {
  return inPlace(async (directory, atEnd) => {
    const image = writeImage(join(directory, "image"), { bytes: imageBytes, seed: 1 });
    const loops = ["a", "b"].map((name) => {
      const loop = attachLoop(join(directory, name), imageBytes + 1024 ** 2);
      atEnd(() => loop.end());
      return loop.device;
    });
    const devices = { a: loops[0]!, b: loops[1]! };
    const known = await makeCertificate(directory, "known");
    const rauc = await startRauc({ directory, certificate: known.certificate, compatible: "edge-x1", devices });
    atEnd(() => rauc.end());
    const bundle: Rig["bundle"] = async (
      name,
      { compatible = "edge-x1", signer = "known", image: other = image } = {},
    ) => {
      const certificate = signer === "known" ? known : await makeCertificate(directory, signer);
      return makeRaucBundle({ directory, image: other, name, compatible, version: "2.0", signer: certificate });
    };
    await story({ directory, image, rauc, devices, bundle });
  });
}

const install = (backend: ReturnType<typeof raucBackend>, path: string, more: Parameters<typeof recorded>[0] = {}) =>
  withSource(path, (source) => backend.installer.install(source, request, recorded(more).options));

testUnless(
  reason,
  "raucBackend installs a bundle: slot content, progress, certificate, and the slot is the next to boot",
  () =>
    withRauc(async ({ image, rauc, devices, bundle }) => {
      const path = await bundle("good");
      const backend = raucBackend(rauc);
      await backend.installer.check("b");
      expect(await backend.bootLoader.view()).toEqual({ booted: "a", next: "a", isTrial: undefined });
      const { options, progress, beforeWriting } = recorded();
      const installed = await withSource(path, (source) => backend.installer.install(source, request, options));
      const bytes = Bun.file(path).size;
      expect(installed).toEqual({
        ...request,
        name: "2.0",
        version: "2.0",
        bytes,
        signer: { keyId: "CN = known", verified: true },
        warnings: [],
      });
      expect(beforeWriting).toEqual([{ name: "2.0", version: "2.0" }]);
      expect(sha256Of(devices.b, imageBytes)).toBe(sha256Of(image, imageBytes));
      expect(progress.at(-1)).toEqual({ phase: "write", bytes, bytesTotal: bytes });
      const before = progress.slice(0, -1).map((told) => told.bytes);
      expect(before.length).toBeGreaterThan(3);
      expect(before).toEqual(before.toSorted((left, right) => left - right));
      expect(before.every((value) => value < bytes)).toBe(true);
      expect(await backend.bootLoader.view()).toEqual({ booted: "a", next: "b", isTrial: undefined });
      await backend.bootLoader.tryOnce("b");
      expect(rauc.primary()).toBe("B");
    }),
);

testUnless(reason, "raucBackend refuses bundles in RAUC's own words, and changes neither slot nor boot loader", () =>
  withRauc(async ({ directory, image, rauc, devices, bundle }) => {
    const backend = raucBackend(rauc);
    const [before, good] = [sha256Of(devices.b, imageBytes), await bundle("good")];
    const cut = join(directory, "cut.raucb");
    copyFileSync(good, cut);
    truncateSync(cut, imageBytes / 2);
    const noBundle = writeImage(join(directory, "no-bundle"), { bytes: 65_536, seed: 2 });
    const start = "Cannot install the bundle: ";
    const table = {
      [await bundle("stranger", { signer: "stranger" })]: {
        name: "ArtifactError",
        kind: "signature",
        message: `${start}rauc ended with exit code 1: signature verification failed: Verify error: self-signed certificate`,
      },
      [await bundle("toaster", { compatible: "toaster" })]: {
        name: "ArtifactError",
        kind: "incompatible",
        message: `${start}it is for "toaster", and this device is "edge-x1"`,
      },
      [noBundle]: expect.objectContaining({ message: expect.stringContaining("rauc ended with exit code 1: ") }),
      [cut]: expect.objectContaining({ message: expect.stringContaining("rauc ended with exit code 1: ") }),
    };
    for (const [path, expected] of Object.entries(table)) {
      const refused = await refusal(install(backend, path));
      expect(refused).toEqual(expected);
      expect(refused.message).not.toMatch(/1: (?:idle|rauc-Message|Installing)/u);
    }
    const refuse = new Error("the floor is higher");
    expect((await refusal(install(backend, good, { refuse }))).message).toBe(refuse.message);
    expect(sha256Of(devices.b, imageBytes)).toBe(before);
    expect(sha256Of(image, imageBytes)).not.toBe(before);
    expect({ primary: rauc.primary(), b: rauc.state("B") }).toEqual({ primary: "A", b: undefined });
  }),
);

testUnless(
  reason,
  "raucBackend has RAUC's reason for an image that does not fit, and the running slot stays the next",
  () =>
    withRauc(async ({ directory, rauc, bundle }) => {
      const large = writeImage(join(directory, "large"), { bytes: imageBytes + 4 * 1024 ** 2, seed: 3 });
      const refused = await refusal(install(raucBackend(rauc), await bundle("large", { image: large })));
      expect(refused).toEqual({
        name: "UpgradeError",
        kind: "backend",
        message: expect.stringMatching(
          /^Cannot install the bundle: rauc ended with exit code 1: .*No space left on device$/u,
        ),
      });
      // RAUC itself says of the slot that it is not to be booted.
      expect({ primary: rauc.primary(), b: rauc.state("B") }).toEqual({ primary: "A", b: "bad" });
    }),
);

testUnless(reason, "raucBackend awaits a cancelled install, and takes it back", () =>
  withRauc(async ({ rauc, bundle }) => {
    const backend = raucBackend(rauc);
    const path = await bundle("good");
    const abort = new AbortController();
    const refused = await refusal(install(backend, path, { signal: abort.signal, onBytes: () => abort.abort() }));
    expect(refused).toEqual({
      name: "UpgradeError",
      kind: "cancelled",
      message: "Cannot install the bundle: it was cancelled",
    });
    expect(rauc.primary()).toBe("A");
    expect(isRunning("rauc --conf") && isRunning(`install ${path}`)).toBe(false);
    // And the service is free for the next one.
    expect((await install(backend, path)).version).toBe("2.0");
    expect(rauc.primary()).toBe("B");
  }),
);

testUnless(reason, "raucBackend keeps, and returns, by what RAUC says about the boot", () =>
  withRauc(async ({ rauc, bundle }) => {
    const { bootLoader, ...backend } = raucBackend(rauc);
    await install({ bootLoader, ...backend }, await bundle("good"));
    const view = () => bootLoader.view();
    const notYet = "Cannot keep slot b: slot a runs";
    expect(await refusal(bootLoader.keep("b"))).toEqual({
      name: "UpgradeError",
      kind: "unknown-slot",
      message: notYet,
    });
    await rauc.reboot("B");
    expect(await view()).toEqual({ booted: "b", next: "b", isTrial: true });
    expect((await refusal(backend.installer.check("b"))).message).toBe(
      "Cannot install the bundle: slot b is the one that runs",
    );
    await bootLoader.keep("b");
    expect(await view()).toEqual({ booted: "b", next: "b", isTrial: undefined });
    expect(rauc.state("B")).toBe("good");
    await bootLoader.returnTo("a");
    expect(await view()).toEqual({ booted: "b", next: "a", isTrial: undefined });
    expect((await refusal(bootLoader.tryOnce("b"))).message).toBe(
      'Cannot try slot b: rauc says that rootfs.0 starts next, not rootfs.1; see "rauc status"',
    );
    // The return is called off.
    await bootLoader.keep("b");
    expect(await view()).toEqual({ booted: "b", next: "b", isTrial: undefined });
    expect(rauc.state("B")).toBe("good");
  }),
);

testUnless(
  reason,
  "raucBackend finds the slots by RAUC's names and by their devices, and says when there are others",
  () =>
    withRauc(async ({ rauc, devices }) => {
      const viewBy = (slots: { a: string; b: string }) => raucBackend({ ...rauc, slots }).bootLoader.view();
      const turned = { booted: "b", next: "b", isTrial: undefined };
      expect(await viewBy({ a: "rootfs.1", b: "rootfs.0" })).toEqual(turned as never);
      expect(await viewBy({ a: devices.b, b: devices.a })).toEqual(turned as never);
      const start = "Cannot see which slot boots: ";
      for (const wanted of ["appfs.0", "/dev/null"]) {
        expect((await refusal(viewBy({ a: "rootfs.0", b: wanted }))).message).toBe(
          `${start}rauc has no slot with a bootname that is "${wanted}"; it has rootfs.0 on ${devices.a}, rootfs.1 on ${devices.b}`,
        );
      }
      expect((await refusal(viewBy({ a: "rootfs.0", b: devices.a }))).message).toBe(
        `${start}both of upgrade.slots are rauc's slot rootfs.0`,
      );
    }),
);

testUnless(reason, "raucBackend says that RAUC does not answer, in RAUC's words", () =>
  withRauc(async ({ rauc }) => {
    rauc.end();
    await until("the bus is gone", () => !isRunning(String(rauc.environment["DBUS_SESSION_BUS_ADDRESS"])));
    const refused = await refusal(raucBackend(rauc).installer.check("b"));
    expect({ ...refused, message: refused.message.slice(0, 81) }).toEqual({
      name: "UpgradeError",
      kind: "backend",
      message: "Cannot use rauc: rauc ended with exit code 1: Error retrieving slot status via D-Bus".slice(0, 81),
    });
  }),
);
