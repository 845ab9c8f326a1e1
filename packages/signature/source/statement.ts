// What a manifest and its signature state about an image, checked before anything else of the image is looked at.
import { SignatureError } from "./error.ts";
import { checkTrust, refuseRevoked } from "./keyring.ts";
import type { Keyring } from "./keyring.ts";
import { parseManifest } from "./manifest.ts";
import type { ImageManifest } from "./manifest.ts";
import { parseSignature } from "./minisign/signature.ts";

export interface Policy {
  keyring: Keyring;
  /** What asks for a signature, for the message to who has none; undefined where none is needed. */
  signatureRequiredBy: string | undefined;
}

/** Who signed. Not verified means that no keys were given to compare with: then the id is a claim of the image. */
export interface Signer {
  keyId: string;
  verified: boolean;
  trustedComment: string;
}

export interface Statement {
  manifest?: ImageManifest;
  signer?: Signer;
  /** Why the image counts as not verified; undefined where it does, or where nobody wants to know. */
  warning?: string;
}

/** Throws SignatureError where the policy does not accept what came. A signature that came has to be good. */
export function readStatement(
  given: { manifest: Uint8Array | undefined; signature: Uint8Array | undefined },
  { keyring, signatureRequiredBy }: Policy,
  now: Date,
): Statement {
  const { manifest, signature } = given;
  if (signature !== undefined && manifest === undefined) {
    throw new SignatureError("manifest-invalid", "Cannot verify the image: its signature comes without a manifest");
  }
  if (manifest === undefined || signature === undefined) {
    if (signatureRequiredBy !== undefined) throw notSigned(signatureRequiredBy);
    return {
      ...(manifest === undefined ? {} : { manifest: parseManifest(manifest) }),
      ...(keyring.keys.length === 0 && manifest === undefined ? {} : { warning: "not verified: it is not signed" }),
    };
  }
  const parsed = parseSignature(signature, "the signature");
  const { keyId, trustedComment } = parsed;
  if (keyring.keys.length === 0) {
    refuseRevoked(parsed, keyring);
    const signer = { keyId, trustedComment, verified: false };
    return { manifest: parseManifest(manifest), signer, warning: "not verified: no keys are configured" };
  }
  checkTrust(manifest, parsed, { keyring, now });
  return { manifest: parseManifest(manifest), signer: { keyId, trustedComment, verified: true } };
}

function notSigned(requiredBy: string): SignatureError {
  return new SignatureError(
    "no-signature",
    `Cannot verify the image: it is not signed, and ${requiredBy} asks for a signature; sign it with hostctl image sign`,
  );
}
