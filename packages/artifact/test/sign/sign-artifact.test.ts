import { buildArtifact, buildArtifactSet, outerTar, sampleImage, signatures } from "@host-service/fixtures";
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmod, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ArtifactError } from "../../source/error.ts";
import { signArtifact } from "../../source/sign/sign-artifact.ts";
import { menderWorkshop } from "../kit/mender-artifact.ts";
import { artifactOf, ecKey, hasMenderArtifact, hasXz, keys, program, rsaKey } from "../kit/reading.ts";

setDefaultTimeout(60_000);

const signers = [
  ["rsa", keys.rsa.privateKey, rsaKey],
  ["ec", keys.ec.privateKey, ecKey],
] as const;

test("signArtifact puts a signature in, or in the place of another, and changes nothing else", async () => {
  await using workshop = await menderWorkshop();
  const unsigned = buildArtifact(keys, { sign: () => undefined });
  for (const before of [unsigned, buildArtifact(keys), buildArtifact(keys, { sign: () => "nonsense" })]) {
    for (const [, key, { fingerprint }] of signers) {
      const path = await workshop.write("a.mender", before);
      await chmod(path, 0o640);
      const report = await signArtifact(path, { key, out: path, program });
      expect(report.keyFingerprint).toBe(fingerprint);
      const after = await workshop.read("a.mender");
      expect((await artifactOf(after)).keyFingerprint).toBe(fingerprint);
      expect((await stat(path)).mode & 0o777).toBe(0o640);
      const withoutSignature = after.byteLength - unsigned.byteLength;
      const signatureAt = Buffer.from(after).indexOf("manifest.sig");
      const rest = Buffer.concat([after.subarray(0, signatureAt), after.subarray(signatureAt + withoutSignature)]);
      expect(rest.equals(unsigned)).toBe(true);
    }
  }
});

test.skipIf(!hasMenderArtifact)("signArtifact makes what mender-artifact validates", async () => {
  await using workshop = await menderWorkshop();
  await workshop.write("rootfs.img", sampleImage);
  await workshop.write("ArtifactInstall_Enter_01", "#!/bin/sh\n");
  const common = ["-n", "r", "-t", "edge-x1", "-f", "rootfs.img"];
  const writes = [
    ["rootfs-image", ...common, "--compression", hasXz ? "lzma" : "gzip", "-s", "ArtifactInstall_Enter_01"],
    ["module-image", "-T", "deb", ...common, "--compression", "none"],
  ];
  for (const words of writes) {
    await workshop.run("write", ...words, "-o", "a.mender");
    const path = join(workshop.directory, "a.mender");
    for (const [name, key] of signers) {
      await signArtifact(path, { key, out: path, program });
      expect(await workshop.run("validate", "-k", `${name}.pub`, "a.mender")).toContain("validated successfully");
    }
  }
});

test("signArtifact signs nothing that is damaged, and leaves what was there", async () => {
  await using workshop = await menderWorkshop();
  const good = buildArtifact(keys);
  const refused = {
    checksum: good.with(good.byteLength - 4000, 0xff),
    truncated: good.subarray(0, -1024),
    unsupported: buildArtifactSet({ "a.mender": good }),
    structure: outerTar([{ name: "version", contents: Buffer.from("3") }]),
  };
  for (const [kind, bytes] of Object.entries(refused)) {
    const path = await workshop.write("a.mender", bytes);
    const error: unknown = await signArtifact(path, { key: keys.ec.privateKey, out: path, program }).catch(
      (caught) => caught,
    );
    expect(error instanceof ArtifactError ? error.kind : error).toBe(kind);
    expect(Buffer.from(await workshop.read("a.mender")).equals(bytes)).toBe(true);
  }
  expect((await readdir(workshop.directory)).filter((name) => name.endsWith(".partial"))).toEqual([]);
});

test("signArtifact makes another signature than one that it replaces", async () => {
  await using workshop = await menderWorkshop();
  const foreign = buildArtifact(keys, {
    sign: (text) => Buffer.from(signatures.otherEc(text, keys)).toString("base64"),
  });
  const path = await workshop.write("a.mender", foreign);
  const out = join(workshop.directory, "b.mender");
  await signArtifact(path, { key: keys.ec.privateKey, out, program });
  expect((await artifactOf(await workshop.read("b.mender"))).keyFingerprint).toBe(ecKey.fingerprint);
  expect(Buffer.from(await workshop.read("a.mender")).equals(foreign)).toBe(true);
});
