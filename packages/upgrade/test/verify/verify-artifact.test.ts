// What a tool of the host is handed was read by a job before; here the job is the real one, and so are the artifacts.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildArtifact, buildArtifactSet, makeArtifactKeys } from "@host-service/fixtures";
import { ArtifactError } from "@host-service/artifact";
import { UpgradeError, type Verification, verifyArtifact } from "../../source/index.ts";
import { program } from "../kit/installing.ts";
import { expectNothingLeft } from "../kit/processes.ts";

setDefaultTimeout(60_000);
afterEach(expectNothingLeft);

const keys = makeArtifactKeys();
const trusted = [{ pem: keys.ec.pem, subject: "the key" }];
const device = { type: "edge-x1", provides: {} };

async function verdict(bytes: Uint8Array, given: Partial<Verification> = {}): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), "verify-"));
  const path = join(directory, "file");
  writeFileSync(path, bytes);
  const fd = openSync(path, "r");
  try {
    return await verifyArtifact(
      { kind: "file", fd, bytes: statSync(path).size },
      {
        program,
        terms: { keys: trusted, signatureRequired: true, device },
        payloadTypes: "any",
        stallTimeoutMs: 20_000,
        signal: new AbortController().signal,
        onProgress() {},
        ...given,
      },
    );
  } catch (error) {
    if (error instanceof ArtifactError || error instanceof UpgradeError) return `${error.kind}: ${error.message}`;
    throw error;
  } finally {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  }
}

const signed = buildArtifact(keys);

test("verifyArtifact tells what a signed artifact says of itself", async () => {
  expect(await verdict(signed)).toEqual({
    name: "release-2",
    version: "release-2",
    payloadType: "rootfs-image",
    provides: { "rootfs-image.version": "release-2" },
    signer: { keyId: expect.stringMatching(/^[0-9a-f]{64}$/), verified: true },
    warnings: [],
  });
});

test("verifyArtifact refuses what it would refuse to write, and what is no single artifact", async () => {
  const unsigned = buildArtifact(keys, { sign: () => undefined });
  const damaged = Buffer.from(signed);
  damaged[damaged.byteLength - 4096] = (damaged[damaged.byteLength - 4096] ?? 0) ^ 1;
  expect(String(await verdict(unsigned))).toStartWith("signature: Cannot trust the artifact: it is not signed");
  expect(String(await verdict(damaged))).toMatch(/^(checksum|payload|structure): Cannot /);
  expect(String(await verdict(signed.subarray(0, -700)))).toStartWith("truncated: Cannot read the artifact: ");
  const foreign = { keys: trusted, signatureRequired: true, device: { type: "edge-y9", provides: {} } };
  expect(String(await verdict(signed, { terms: foreign }))).toStartWith("incompatible: Cannot install the artifact: ");
  expect(String(await verdict(buildArtifactSet({ "a.mender": signed })))).toBe(
    "unsupported: Cannot install the upgrade file: it is a set of artifacts, and one artifact is expected; take the one for this device",
  );
  expect(String(await verdict(Buffer.alloc(4096, 7)))).toStartWith("not-an-artifact: Cannot read the upgrade file: ");
});

test("verifyArtifact ends its job when it is cancelled", async () => {
  const cancelled = await verdict(signed, { signal: AbortSignal.abort() });
  expect(cancelled).toBe("cancelled: Cannot install the image: it was cancelled");
});
