import { afterAll, beforeAll, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArtifactKey } from "@host-service/artifact";
import { parseConfiguration } from "../../source/configuration/configuration.ts";
import { loadSystemPolicy } from "../../source/system/system-policy.ts";

let directory = "";
const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" });
const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" });
const fingerprint = (key: string) => parseArtifactKey(key, "a key").fingerprint;
const minisign = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
const minisignId = "E7620F1842B4E81F";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "system-policy-"));
  await mkdir(join(directory, "keys"));
  await writeFile(join(directory, "keys/artifacts.pem"), pem);
  await writeFile(join(directory, "keys/older.pem"), other);
  await writeFile(join(directory, "keys/images.pub"), `untrusted comment: images\n${minisign}\n`);
  await writeFile(
    join(directory, "keys/private.key"),
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }),
  );
});
afterAll(() => rm(directory, { recursive: true }));

function load(text: string) {
  const { verify, file } = parseConfiguration(`[verify.system]\n${text}\n`, join(directory, "config.toml"));
  return loadSystemPolicy(verify.system, file);
}

const now = new Date("2027-01-01T00:00:00Z");

test("keys of both kinds lie in one directory, and are told apart by their contents", async () => {
  const policy = await load('keys = ["keys/*.pem", "keys/*.pub"]');
  expect(policy.artifactKeys(now).map((key) => key.subject)).toEqual([
    JSON.stringify(join(directory, "keys/artifacts.pem")),
    JSON.stringify(join(directory, "keys/older.pem")),
  ]);
  expect(policy.images.keyring.keys.map(({ keyId }) => keyId)).toEqual([minisignId]);
  expect([policy.signatureRequired, policy.rawImages]).toEqual([true, "signed"]);
});

test("a key that is revoked or expired does not count", async () => {
  const keys = 'keys = ["keys/*.pem"]\n';
  const counting = async (text: string, at = now) =>
    (await load(keys + text)).artifactKeys(at).map((key) => fingerprint(key.pem));
  expect(await counting(`revoked = ["${fingerprint(pem).toUpperCase()}"]`)).toEqual([fingerprint(other)]);
  const untilThen = `not_after = { "${fingerprint(other)}" = "2026-12-31" }`;
  expect(await counting(untilThen)).toEqual([fingerprint(pem)]);
  expect(await counting(untilThen, new Date("2026-12-31T23:59:59Z"))).toEqual([fingerprint(pem), fingerprint(other)]);
});

test("a key file that cannot be used, and a day for a key that is not there, stop the daemon", async () => {
  const failure = (text: string) =>
    load(text).then(
      () => "loaded",
      (error: unknown) => (error as Error).message,
    );
  expect(await failure('keys = ["keys/private.key"]')).toContain("it has a private key in it; give the public one");
  expect(await failure(`keys = ["keys/*.pem"]\nnot_after = { "${"0".repeat(64)}" = "2027-01-01" }`)).toContain(
    `"verify.system.not_after" names the key ${"0".repeat(64)}, which is none of "verify.system.keys"`,
  );
});
