import { sampleImage, sha256 } from "@host-service/fixtures";
import { expect, setDefaultTimeout, test } from "bun:test";
import { menderWorkshop } from "./kit/mender-artifact.ts";
import { artifactOf, attempt, chunked, ecKey, hasMenderArtifact, hasXz, kindOf, rsaKey } from "./kit/reading.ts";

setDefaultTimeout(120_000);

const signing = { none: [], rsa: ["-k", "rsa.key"], ec: ["-k", "ec.key"] } as const;
const compressions = hasXz ? (["none", "gzip", "lzma"] as const) : (["none", "gzip"] as const);
const variants: Readonly<Record<string, readonly string[]>> = {
  plain: [],
  "two device types": ["-t", "edge-y9"],
  everything: ["-N", "release-1", "-G", "fleet-a", "-g", "fleet-b", "-d", "region:eu", "-p", "channel:beta"],
  "without default provides": [
    "--no-default-software-version",
    "--no-checksum-provide",
    "--no-default-clears-provides",
  ],
};
const payload = { file: "rootfs.img", bytes: sampleImage.byteLength, sha256: sha256(sampleImage) };

test.skipIf(!hasMenderArtifact)(
  "M1 what mender-artifact writes of every signing, compression and option is read to the last byte",
  async () => {
    await using workshop = await menderWorkshop();
    await workshop.write("rootfs.img", sampleImage);
    for (const [signed, keyWords] of Object.entries(signing)) {
      for (const compression of compressions) {
        for (const [variant, words] of Object.entries(variants)) {
          const name = `${signed}, ${compression}, ${variant}`;
          const common = ["-n", "release-2", "-f", "rootfs.img", "-t", "edge-x1", "--compression", compression];
          await workshop.run("write", "rootfs-image", ...common, ...keyWords, ...words, "-o", "a.mender");
          const bytes = await workshop.read("a.mender");
          const policy = { keys: [rsaKey, ecKey], signatureRequired: signed !== "none" };
          const { report, error, sink } = await attempt(chunked(bytes, 1000), { policy });
          expect({ name, error: error?.message, isSame: Buffer.from(sink.bytes).equals(sampleImage) }).toEqual({
            name,
            error: undefined,
            isSame: true,
          });
          expect(report).toMatchObject({
            kind: "artifact",
            name: "release-2",
            payload,
            compression: compression === "lzma" ? "xz" : compression,
            keyFingerprint: { none: undefined, rsa: rsaKey.fingerprint, ec: ecKey.fingerprint }[signed],
          });
          if (signed === "none") expect(await kindOf(bytes)).toBe("signature");
        }
      }
    }
  },
);

test.skipIf(!hasMenderArtifact)("M1 what the options say is in the report", async () => {
  await using workshop = await menderWorkshop();
  await workshop.write("rootfs.img", sampleImage);
  const words = [...(variants["everything"] ?? []), "-t", "edge-y9"];
  await workshop.run(
    "write",
    "rootfs-image",
    "-n",
    "r",
    "-f",
    "rootfs.img",
    "-t",
    "edge-x1",
    ...words,
    "-k",
    "rsa.key",
    "-o",
    "a.mender",
  );
  expect(await artifactOf(await workshop.read("a.mender"))).toMatchObject({
    name: "r",
    group: "fleet-b",
    deviceTypes: ["edge-x1", "edge-y9"],
    provides: { channel: "beta", "rootfs-image.version": "r", "rootfs-image.checksum": payload.sha256 },
    depends: { artifact_name: ["release-1"], artifact_group: ["fleet-a"], region: ["eu"] },
    clearsProvides: ["artifact_group", "rootfs_image_checksum", "rootfs-image.*"],
  });
});

test.skipIf(!hasMenderArtifact)(
  "M27 M30 artifacts of other kinds are refused by name, and modules verified where that is asked for",
  async () => {
    await using workshop = await menderWorkshop();
    await workshop.write("rootfs.img", sampleImage);
    await workshop.write("ArtifactInstall_Enter_01", "#!/bin/sh\n");
    await workshop.write("meta.json", '{"a":1}');
    const common = ["-n", "app-7", "-t", "edge-x1", "-k", "ec.key"];
    await workshop.run(
      "write",
      "rootfs-image",
      ...common,
      "-f",
      "rootfs.img",
      "-s",
      "ArtifactInstall_Enter_01",
      "-o",
      "s.mender",
    );
    await workshop.run(
      "write",
      "module-image",
      "-T",
      "single-file",
      ...common,
      "-f",
      "rootfs.img",
      "-m",
      "meta.json",
      "-o",
      "m.mender",
    );
    await workshop.run("write", "module-image", "-T", "nothing", ...common, "-o", "n.mender");
    await workshop.run("write", "bootstrap-artifact", ...common, "-p", "rootfs-image.version:boot-1", "-o", "b.mender");
    const [script, module, empty, bootstrap] = await Promise.all(
      ["s", "m", "n", "b"].map((name) => workshop.read(`${name}.mender`)),
    );
    if (script === undefined || module === undefined || empty === undefined || bootstrap === undefined)
      throw new Error("unreachable");
    expect(await kindOf(script)).toBe("unsupported");
    expect((await artifactOf(script, { stateScripts: "allow" })).scripts).toEqual(["ArtifactInstall_Enter_01"]);
    expect(await kindOf(module)).toBe("unsupported");
    expect(await artifactOf(module, { payloadTypes: "any" })).toMatchObject({
      payloadType: "single-file",
      payload: undefined,
      files: [payload],
    });
    expect((await artifactOf(empty, { payloadTypes: "any" })).files).toEqual([]);
    expect(await kindOf(bootstrap, { payloadTypes: "any" })).toBe("unsupported");
  },
);

test.skipIf(!hasMenderArtifact)("M50 a set made by tar of artifacts made by mender-artifact is read", async () => {
  await using workshop = await menderWorkshop();
  await workshop.write("rootfs.img", sampleImage);
  for (const type of ["edge-x1", "edge-y9"]) {
    await workshop.run(
      "write",
      "rootfs-image",
      "-n",
      "r",
      "-f",
      "rootfs.img",
      "-t",
      type,
      "-k",
      "ec.key",
      "-o",
      `${type}.mender`,
    );
  }
  const tar = Bun.spawn(["tar", "--format=ustar", "-cf", "release.multi-mender", "edge-y9.mender", "edge-x1.mender"], {
    cwd: workshop.directory,
  });
  expect(await tar.exited).toBe(0);
  const { report, sink } = await attempt(await workshop.read("release.multi-mender"));
  expect(report).toMatchObject({ kind: "set", artifact: { deviceTypes: ["edge-x1"] } });
  expect(Buffer.from(sink.bytes).equals(sampleImage)).toBe(true);
});
