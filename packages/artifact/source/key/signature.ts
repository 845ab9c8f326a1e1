// manifest.sig: base64 of a signature over the exact bytes of the manifest with SHA-256 (specification, section 3).
import { type KeyObject, constants, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { ArtifactError } from "../error.ts";
import { refusal } from "../refusal.ts";
import { type ArtifactKey, algorithmOf } from "./artifact-key.ts";

const rawBytes = 64;
/** Two integers of 33 bytes at most, with their tags and lengths. */
const derBytesMax = 72;

/** The key that has made the signature. Throws ArtifactError "signature". */
export function checkSignature(manifest: Uint8Array, member: Uint8Array, keys: readonly ArtifactKey[]): ArtifactKey {
  const signature = decode(member);
  const found = keys.find((key) => isSignedBy(manifest, signature, key));
  if (found === undefined) {
    const known = keys.map(({ fingerprint }) => `${fingerprint.slice(0, 16)}…`).join(", ");
    throw refusal("signature", `no configured key matches the signature; known: ${known}`);
  }
  return found;
}

function decode(member: Uint8Array): Uint8Array {
  const text = Buffer.from(member).toString("latin1").replace(/\n$/u, "");
  const signature = Buffer.from(text, "base64");
  // There is one way only to write it.
  if (signature.byteLength === 0 || signature.toString("base64") !== text) {
    throw refusal("signature", "manifest.sig is not one line of base64");
  }
  return signature;
}

function isSignedBy(manifest: Uint8Array, signature: Uint8Array, { algorithm, key }: ArtifactKey): boolean {
  if (algorithm === "rsa") {
    const modulusBytes = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
    if (signature.byteLength !== modulusBytes) return false;
    return isRight(manifest, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
  }
  if (signature.byteLength > derBytesMax) return false;
  const isRaw = signature.byteLength === rawBytes && isRight(manifest, { key, dsaEncoding: "ieee-p1363" }, signature);
  return isRaw || isRight(manifest, { key, dsaEncoding: "der" }, signature);
}

function isRight(manifest: Uint8Array, how: Parameters<typeof verify>[2], signature: Uint8Array): boolean {
  try {
    return verify("sha256", manifest, how, signature);
  } catch {
    // Of a signature that is not even of the form, some versions of the library throw.
    return false;
  }
}

/** A private key in PEM that an artifact can be signed with. Throws ArtifactError "config". */
export function parseSigningKey(pem: string, { subject, password }: { subject: string; password?: string }): KeyObject {
  const refuse = (why: string, cause?: unknown): ArtifactError =>
    new ArtifactError("config", `Cannot use ${subject}: ${why}`, cause === undefined ? undefined : { cause });
  let key: KeyObject;
  try {
    key = createPrivateKey(password === undefined ? pem : { key: pem, passphrase: password });
  } catch (error) {
    throw refuse("it is not a private key in PEM that can be read", error);
  }
  algorithmOf(createPublicKey(key), refuse);
  return key;
}

/** The contents of manifest.sig, in the forms that mender-artifact reads as well. */
export function signManifest(manifest: Uint8Array, key: KeyObject): string {
  const how =
    key.asymmetricKeyType === "rsa"
      ? { key, padding: constants.RSA_PKCS1_PADDING }
      : { key, dsaEncoding: "ieee-p1363" as const };
  return sign("sha256", manifest, how).toString("base64");
}
