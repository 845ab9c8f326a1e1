// The real swupdate, with a signed description and its raw handler on a loop device.
import { expect, test } from "bun:test";
import { copyFileSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attachLoop, makeCertificate, makeSwupdateImage, sha256Of } from "@host-service/fixtures";
import { swupdateBackend } from "../../../source/index.ts";
import { bootEnvironment } from "../kit/boot-environment.ts";
import { inPlace, isRunning, recorded, refusal, until, withSource, writeImage } from "../kit/place.ts";
import { lacking, testUnless } from "../kit/requirements.ts";

const reason = lacking("swupdate", "openssl", "cpio", "losetup");
const imageBytes = 96 * 1024 ** 2;
const request = { imageId: `sha256:${"0".repeat(64)}` };

interface Rig {
  directory: string;
  image: string;
  devices: { a: string; b: string };
  environment: ReturnType<typeof bootEnvironment>;
  /** A back end of a host that is this revision of the hardware and knows this certificate. */
  backend: (more?: { hardware?: string; slotNames?: { a: string; b: string } }) => ReturnType<typeof swupdateBackend>;
  update: (name: string, more?: { signer?: string; devices?: { a: string; b: string } }) => Promise<string>;
}

function withSwupdate(story: (rig: Rig) => Promise<void>): Promise<void> {
  return inPlace(async (directory, atEnd) => {
    const image = writeImage(join(directory, "image"), { bytes: imageBytes, seed: 4 });
    const loops = ["a", "b"].map((name) => {
      const loop = attachLoop(join(directory, name), imageBytes + 1024 ** 2);
      atEnd(() => loop.end());
      return loop.device;
    });
    const devices = { a: loops[0]!, b: loops[1]! };
    const known = await makeCertificate(directory, "known");
    const environment = bootEnvironment(directory);
    await story({
      directory,
      image,
      devices,
      environment,
      backend: ({ hardware = "1.0", slotNames } = {}) =>
        swupdateBackend({
          command: ["swupdate", "-k", known.certificate, "-H", `edge:${hardware}`, "-e", "stable,copy-{slot}"],
          ...(slotNames === undefined ? {} : { slotNames }),
          devices,
          bootEnvironment: environment,
        }),
      async update(name, { signer = "known", devices: others = devices } = {}) {
        const certificate = signer === "known" ? known : await makeCertificate(directory, signer);
        return makeSwupdateImage({
          directory,
          image,
          name,
          version: "2.0",
          hardware: "1.0",
          signer: certificate,
          devices: others,
        });
      },
    });
  });
}

const install = (
  backend: ReturnType<typeof swupdateBackend>,
  path: string,
  more: Parameters<typeof recorded>[0] = {},
) => withSource(path, (source) => backend.installer.install(source, request, recorded(more).options));

testUnless(
  reason,
  "swupdateBackend installs an update file: slot content, progress, version; the boot environment is the caller's",
  () =>
    withSwupdate(async ({ directory, image, devices, environment, backend: make, update }) => {
      const path = await update("good");
      const backend = make();
      await backend.installer.check("b");
      const files = readdirSync(directory);
      const { options, progress, beforeWriting } = recorded();
      const installed = await withSource(path, (source) => backend.installer.install(source, request, options));
      const bytes = Bun.file(path).size;
      const signer = { keyId: "a key of swupdate", verified: true };
      expect(installed).toEqual({ ...request, name: "2.0", version: "2.0", signer, bytes, warnings: [] });
      expect(beforeWriting).toEqual([{ name: "2.0", version: "2.0" }]);
      expect(sha256Of(devices.b, imageBytes)).toBe(sha256Of(image, imageBytes));
      expect(progress.at(-1)).toEqual({ phase: "write", bytes, bytesTotal: bytes });
      const before = progress.slice(0, -1).map((told) => told.bytes);
      expect(before.length).toBeGreaterThan(0);
      expect(before.every((value, index) => value < bytes && value > (before[index - 1] ?? -1))).toBe(true);
      expect(readdirSync(directory)).toEqual(files);
      expect({ armsItself: backend.installer.armsItself, writes: environment.writes }).toEqual({
        armsItself: false,
        writes: 0,
      });
      expect(backend.bootLoader).toBe(environment);
    }),
);

testUnless(
  reason,
  "swupdateBackend refuses update files in SWUpdate's own words, and leaves the boot environment alone",
  () =>
    withSwupdate(async ({ directory, devices, environment, backend, update }) => {
      const [untouched, good] = [sha256Of(devices.b, imageBytes), await update("good")];
      const damaged = join(directory, "damaged.swu");
      copyFileSync(good, damaged);
      const bytes = Bun.file(damaged);
      const middle = Math.floor(bytes.size / 2);
      const content = new Uint8Array(await bytes.arrayBuffer());
      content[middle] = (content[middle] ?? 0) ^ 0xff;
      writeFileSync(damaged, content);
      const start = "Cannot install the update file: swupdate ended with exit code 1: ";
      const error = (name: string, kind: string, words: string) => ({ name, kind, message: start + words });
      expect(await refusal(install(backend(), await update("stranger", { signer: "stranger" })))).toEqual(
        error("ArtifactError", "signature", "Authentication of all signatures failed"),
      );
      expect(await refusal(install(backend({ hardware: "2.0" }), good))).toEqual(
        error("ArtifactError", "incompatible", "SW not compatible with hardware"),
      );
      const others = { slotNames: { a: "other-a", b: "other-b" } };
      expect(await refusal(install(backend(others), good))).toEqual(
        error("UpgradeError", "backend", "Found nothing to install"),
      );
      expect(
        await refusal(
          install(backend(), await update("gone", { devices: { a: devices.a, b: join(directory, "no/device") } })),
        ),
      ).toEqual(error("UpgradeError", "backend", "Error streaming rootfs.img"));
      const broken = await refusal(install(backend(), damaged));
      expect({ ...broken, message: broken.message.replace(/[0-9a-f]{64}/gu, "…") }).toEqual(
        error("ArtifactError", "checksum", "HASH mismatch : … <--> …"),
      );
      const refuse = new Error("the floor is higher");
      expect((await refusal(install(backend(), good, { refuse }))).message).toBe(refuse.message);
      expect(sha256Of(devices.b, imageBytes)).toBe(untouched);
      // SWUpdate itself leaves one where it finds nothing to install.
      await until("nothing is left", () => !isRunning(directory));
      expect(environment.writes).toBe(0);
    }),
);

testUnless(reason, "swupdateBackend leaves no process, no file and no trial of a cancelled install", () =>
  withSwupdate(async ({ directory, environment, backend, update }) => {
    const path = await update("good");
    const files = readdirSync(directory);
    const abort = new AbortController();
    const refused = await refusal(install(backend(), path, { signal: abort.signal, onBytes: () => abort.abort() }));
    expect(refused).toEqual({
      name: "UpgradeError",
      kind: "cancelled",
      message: "Cannot install the update file: it was cancelled",
    });
    expect({ running: isRunning(path), files: readdirSync(directory), writes: environment.writes }).toEqual({
      running: false,
      files,
      writes: 0,
    });
  }),
);

test("swupdateBackend wants to know where its command chooses the slot, refuses the slot that runs, and says where it looked for it", async () => {
  await inPlace(async (directory) => {
    const environment = bootEnvironment(directory);
    const make = (...command: string[]) =>
      swupdateBackend({ command, devices: { a: "/dev/null", b: "/dev/null" }, bootEnvironment: environment });
    expect(() => make("swupdate", "-e", "stable,copy1")).toThrow(
      'Cannot use swupdate: its command has no "{slot}", so it could write the slot that runs',
    );
    expect((await refusal(make("true", "{slot}").installer.check("a"))).message).toBe(
      "Cannot install the update file: slot a is the one that runs",
    );
    expect((await refusal(make("no-such-swupdate", "{slot}").installer.check("b"))).message).toMatch(
      /^Cannot install the update file: there is no "no-such-swupdate" in .*; install it \(in Debian: swupdate\)/u,
    );
    expect(existsSync("/tmp/sockinstctrl")).toBe(false);
  });
});
