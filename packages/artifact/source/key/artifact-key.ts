import { type KeyObject, createHash, createPublicKey } from "node:crypto";
import { ArtifactError } from "../error.ts";

/** A public key that an artifact may be signed for. */
export interface ArtifactKey {
  readonly algorithm: "rsa" | "p256";
  readonly key: KeyObject;
  /** SHA-256 of the key's SubjectPublicKeyInfo in DER, hexadecimal. */
  readonly fingerprint: string;
}

const modulusBits = { min: 2048, max: 8192 } as const;
const onePublicKey = /^\s*-----BEGIN (RSA )?PUBLIC KEY-----[\sA-Za-z0-9+/=]+-----END \1?PUBLIC KEY-----\s*$/u;

/** A PEM file with one RSA or P-256 public key; `subject` is what messages call it. Throws ArtifactError "config". */
export function parseArtifactKey(pem: string, subject: string): ArtifactKey {
  const refuse = (why: string, cause?: unknown): ArtifactError =>
    new ArtifactError("config", `Cannot use ${subject}: ${why}`, cause === undefined ? undefined : { cause });
  if (pem.includes("PRIVATE KEY-----")) {
    throw refuse('it has a private key in it; give the public one ("openssl pkey -in KEY -pubout")');
  }
  if (!onePublicKey.test(pem)) throw refuse("it is not one public key in PEM");
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw refuse("its public key cannot be read", error);
  }
  return { algorithm: algorithmOf(key, refuse), key, fingerprint: fingerprintOf(key) };
}

export function algorithmOf(key: KeyObject, refuse: (why: string) => ArtifactError): ArtifactKey["algorithm"] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  if (type === "rsa") {
    const bits = details.modulusLength ?? 0;
    if (bits >= modulusBits.min && bits <= modulusBits.max) return "rsa";
    throw refuse(`its RSA key has ${bits} bits; from ${modulusBits.min} to ${modulusBits.max} are possible`);
  }
  if (type === "ec" && details.namedCurve === "prime256v1") return "p256";
  throw refuse(`its key is of ${details.namedCurve ?? type ?? "an unknown kind"}; RSA and P-256 are possible`);
}

function fingerprintOf(key: KeyObject): string {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");
}
