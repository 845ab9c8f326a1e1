import { createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { Lines, ed25519, keyIdOf, untrustedLabel } from "./lines.ts";

export interface PublicKey {
  /** 16 hexadecimal digits in capitals, as minisign prints it. */
  keyId: string;
  key: KeyObject;
}

const keyBytes = 2 + 8 + 32;

/** A public key file of minisign, or the line of base64 alone, as `minisign -P` takes it. Throws SignatureError "key-invalid". */
export function parsePublicKey(contents: Uint8Array, subject: string): PublicKey {
  const lines = new Lines(contents, { subject, kind: "key-invalid" });
  if (lines.count > 1) {
    lines.expect(2, "a public key of minisign");
    lines.comment(1, untrustedLabel);
  }
  const bytes = lines.base64(lines.count, keyBytes);
  if (bytes.toString("latin1", 0, 2) !== ed25519) throw lines.refuse(`line ${lines.count} is no Ed25519 public key`);
  return { keyId: keyIdOf(bytes.subarray(2, 10)), key: publicKeyOf(bytes.subarray(10)) };
}

export function publicKeyOf(bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}
