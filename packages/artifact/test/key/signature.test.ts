import { base64, buildArtifact, signatures } from "@host-service/fixtures";
import { expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { parseArtifactKey } from "../../source/key/artifact-key.ts";
import { checkSignature, parseSigningKey, signManifest } from "../../source/key/signature.ts";
import { artifactOf, attempt, ecKey, keys, rsaKey, strict } from "../kit/reading.ts";

const manifest = Buffer.from("what is signed\n");
const ours = [rsaKey, ecKey];
const other = parseArtifactKey(keys.otherEc.pem, "the other key");

/** ECDSA is random: sooner or later a signature has every shape that it can have. */
function ecSignatureWith(encoding: "ec" | "ecDer", isWanted: (signature: Uint8Array) => boolean): Uint8Array {
  for (let round = 0; round < 20_000; round++) {
    const signature = signatures[encoding](manifest, keys);
    if (isWanted(signature)) return signature;
  }
  throw new Error("Cannot make such a signature in 20,000 rounds");
}

const check = (signature: Uint8Array | string): string =>
  checkSignature(manifest, Buffer.from(typeof signature === "string" ? signature : base64(signature)), ours)
    .fingerprint;

test("M6 checkSignature takes RSA, raw EC and DER EC", () => {
  expect(check(signatures.rsa(manifest, keys))).toBe(rsaKey.fingerprint);
  expect(check(signatures.ec(manifest, keys))).toBe(ecKey.fingerprint);
  expect(check(signatures.ecDer(manifest, keys))).toBe(ecKey.fingerprint);
  expect(check(`${base64(signatures.ec(manifest, keys))}\n`)).toBe(ecKey.fingerprint);
});

test("M6 checkSignature takes a leading zero in r and in s, a short DER, and a DER of 64 bytes' neighbourhood", () => {
  expect(check(ecSignatureWith("ec", (raw) => raw[0] === 0))).toBe(ecKey.fingerprint);
  expect(check(ecSignatureWith("ec", (raw) => raw[32] === 0))).toBe(ecKey.fingerprint);
  for (const bytes of [69, 70, 71, 72]) {
    expect(check(ecSignatureWith("ecDer", (der) => der.byteLength === bytes))).toBe(ecKey.fingerprint);
  }
});

test("M6 artifacts of each accepted signature are read, and M9 the report names the key of several", async () => {
  for (const [name, key] of [
    ["rsa", rsaKey],
    ["ec", ecKey],
    ["ecDer", ecKey],
  ] as const) {
    const bytes = buildArtifact(keys, { sign: (text) => base64(signatures[name](text, keys)) });
    const policy = { keys: [other, rsaKey, ecKey], signatureRequired: true };
    expect((await artifactOf(bytes, { policy })).keyFingerprint).toBe(key.fingerprint);
    const { error } = await attempt(bytes, { policy: { keys: [other], signatureRequired: true } });
    expect(error?.message).toBe(
      `Cannot trust the artifact: no configured key matches the signature; known: ${other.fingerprint.slice(0, 16)}…`,
    );
  }
});

test("M3 M4 the policy decides what becomes of an artifact that nobody has signed for us", async () => {
  const signed = buildArtifact(keys);
  const unsigned = buildArtifact(keys, { sign: () => undefined });
  const foreign = buildArtifact(keys, { sign: (text) => base64(signatures.otherEc(text, keys)) });
  const found: Record<string, unknown> = {};
  for (const [name, policy] of Object.entries({
    required: { keys: ours, signatureRequired: true },
    "not required": { keys: ours, signatureRequired: false },
    "no keys": { keys: [], signatureRequired: false },
    "no keys, but required": { keys: [], signatureRequired: true },
  })) {
    const row: unknown[] = [];
    for (const bytes of [signed, unsigned, foreign]) {
      const { error, report } = await attempt(bytes, { policy });
      row.push(error?.kind ?? report?.warnings);
    }
    found[name] = row;
  }
  expect(found).toEqual({
    required: [[], "signature", "signature"],
    "not required": [[], ["the artifact is not signed"], "signature"],
    "no keys": [
      ["the signature was not verified, as there are no keys"],
      ["the artifact is not signed"],
      ["the signature was not verified, as there are no keys"],
    ],
    "no keys, but required": ["config", "config", "config"],
  });
});

test("M4 without a key that is needed nothing is read", async () => {
  const source = { read: () => Promise.reject(new Error("it was read")) };
  const { error } = await attempt(source, { ...strict, policy: { keys: [], signatureRequired: true } });
  expect(error?.message).toBe(
    "Cannot verify an upgrade: a signature is required, and there is no PEM key to verify it with",
  );
});

test("signManifest makes what checkSignature takes, of RSA, EC, PKCS #8 and encrypted keys", () => {
  const pem = (pair: { privateKey: typeof keys.rsa.privateKey }, type: "pkcs1" | "sec1" | "pkcs8") =>
    pair.privateKey.export({ type, format: "pem" });
  const encrypted = keys.ec.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" });
  const signing = [
    [parseSigningKey(pem(keys.rsa, "pkcs1"), { subject: "it" }), rsaKey],
    [parseSigningKey(pem(keys.rsa, "pkcs8"), { subject: "it" }), rsaKey],
    [parseSigningKey(pem(keys.ec, "sec1"), { subject: "it" }), ecKey],
    [parseSigningKey(encrypted, { subject: "it", password: "x" }), ecKey],
  ] as const;
  for (const [key, { fingerprint }] of signing) expect(check(signManifest(manifest, key))).toBe(fingerprint);
  expect(() => parseSigningKey("text", { subject: '"my.key"' })).toThrow(
    'Cannot use "my.key": it is not a private key in PEM that can be read',
  );
  expect(() => parseSigningKey(pem(keys.p384, "sec1"), { subject: "it" })).toThrow(
    "Cannot use it: its key is of secp384r1; RSA and P-256 are possible",
  );
});

test("parseArtifactKey takes one public key of RSA from 2048 bits or of P-256, and says why it takes no other", () => {
  const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ type: "spki", format: "pem" });
  const pkcs1 = keys.rsa.publicKey.export({ type: "pkcs1", format: "pem" });
  expect(parseArtifactKey(pkcs1, "it").fingerprint).toBe(rsaKey.fingerprint);
  expect(rsaKey.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  const why = (pem: string): string => {
    try {
      return parseArtifactKey(pem, "it").fingerprint;
    } catch (error) {
      return error instanceof Error ? error.message.slice("Cannot use it: ".length) : "";
    }
  };
  expect({
    small: why(small),
    p384: why(keys.p384.pem),
    ed25519: why(keys.ed25519.pem),
    text: why("text"),
    empty: why(""),
    two: why(keys.rsa.pem + keys.ec.pem),
    private: why(keys.ec.privateKey.export({ type: "sec1", format: "pem" })),
    damaged: why(keys.ec.pem.replace(/MF/, "MG")),
  }).toEqual({
    small: "its RSA key has 1024 bits; from 2048 to 8192 are possible",
    p384: "its key is of secp384r1; RSA and P-256 are possible",
    ed25519: "its key is of ed25519; RSA and P-256 are possible",
    text: "it is not one public key in PEM",
    empty: "it is not one public key in PEM",
    two: "it is not one public key in PEM",
    private: 'it has a private key in it; give the public one ("openssl pkey -in KEY -pubout")',
    damaged: "its public key cannot be read",
  });
});
