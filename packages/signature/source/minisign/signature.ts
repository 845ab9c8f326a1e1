import { verify } from "node:crypto";
import { SignatureError } from "../error.ts";
import { Lines, ed25519, keyIdOf, trustedLabel, untrustedLabel } from "./lines.ts";
import type { PublicKey } from "./public-key.ts";

/** Over the BLAKE2b-512 of the message, which is what minisign makes unless it is told `-l`. */
export const prehashed = "ED";

export interface Signature {
  keyId: string;
  isPrehashed: boolean;
  signature: Buffer;
  /** Signed together with `signature`. */
  trustedComment: string;
  commentSignature: Buffer;
}

const signatureBytes = 64;

/** A signature file of minisign. Throws SignatureError "signature-invalid". */
export function parseSignature(contents: Uint8Array, subject: string): Signature {
  const lines = new Lines(contents, { subject, kind: "signature-invalid" });
  lines.expect(4, "a signature of minisign");
  lines.comment(1, untrustedLabel);
  const bytes = lines.base64(2, 2 + 8 + signatureBytes);
  const algorithm = bytes.toString("latin1", 0, 2);
  if (algorithm !== ed25519 && algorithm !== prehashed) throw lines.refuse("line 2 is no Ed25519 signature");
  return {
    keyId: keyIdOf(bytes.subarray(2, 10)),
    isPrehashed: algorithm === prehashed,
    signature: bytes.subarray(10),
    trustedComment: lines.comment(3, trustedLabel),
    commentSignature: lines.base64(4, signatureBytes),
  };
}

/** What is signed: the bytes themselves, or the BLAKE2b-512 of a file that nobody holds in memory. */
export type Message = Uint8Array | { readonly blake2b512: Uint8Array };

/** Throws SignatureError "bad-signature" or "bad-comment-signature"; "signature-invalid" where it is not over a digest, and only that is there. */
export function checkSignature(message: Message, signature: Signature, { key }: PublicKey): void {
  const what = message instanceof Uint8Array ? "manifest" : "image";
  if (!verify(null, signedBytes(message, signature), key, signature.signature)) {
    throw new SignatureError(
      "bad-signature",
      `Cannot verify the image: the signature is not one of the ${what}; sign the ${what} again`,
    );
  }
  const commented = commentedSignature(signature.signature, signature.trustedComment);
  if (!verify(null, commented, key, signature.commentSignature)) {
    throw new SignatureError(
      "bad-comment-signature",
      `Cannot verify the image: the trusted comment is not the one that was signed; sign the ${what} again`,
    );
  }
}

function signedBytes(message: Message, { isPrehashed }: Signature): Uint8Array {
  if (message instanceof Uint8Array) return isPrehashed ? prehash(message) : message;
  if (isPrehashed) return message.blake2b512;
  throw new SignatureError(
    "signature-invalid",
    'Cannot verify the image: its signature is of the old form, over the whole image; sign it again without "minisign -l"',
  );
}

export function prehash(message: Uint8Array): Buffer {
  return new Bun.CryptoHasher("blake2b512").update(message).digest();
}

export function commentedSignature(signature: Uint8Array, trustedComment: string): Buffer {
  return Buffer.concat([signature, Buffer.from(trustedComment)]);
}
