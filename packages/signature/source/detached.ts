// A file with a signature of minisign beside it, as a raw image of a host has one.
import { checkTrust } from "./keyring.ts";
import type { Keyring } from "./keyring.ts";
import { parseSignature } from "./minisign/signature.ts";
import type { Signer } from "./statement.ts";

export interface Detached {
  /** Of the whole file. */
  readonly blake2b512: Uint8Array;
  /** The contents of its signature file. */
  readonly signature: Uint8Array;
}

/** Throws SignatureError unless a key of the ring has signed the file and still counts. */
export function readDetached(
  { blake2b512, signature }: Detached,
  { keyring, now }: { keyring: Keyring; now: Date },
): Signer {
  const parsed = parseSignature(signature, "the signature");
  checkTrust({ blake2b512 }, parsed, { keyring, now });
  return { keyId: parsed.keyId, trustedComment: parsed.trustedComment, verified: true };
}
