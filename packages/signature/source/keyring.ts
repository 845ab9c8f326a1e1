// Whose signature counts: the public keys, until when each of them does, and the ids of those that do no more.
import { SignatureError } from "./error.ts";
import type { PublicKey } from "./minisign/public-key.ts";
import { checkSignature } from "./minisign/signature.ts";
import type { Message, Signature } from "./minisign/signature.ts";

export interface Keyring {
  keys: readonly PublicKey[];
  /** By key id: the first instant at which the key counts no more. */
  expiry: ReadonlyMap<string, Date>;
  /** Key ids; whether their keys are there or not. */
  revoked: ReadonlySet<string>;
}

/** Throws SignatureError "key-revoked". */
export function refuseRevoked({ keyId }: Signature, { revoked }: Keyring): void {
  if (!revoked.has(keyId)) return;
  throw new SignatureError(
    "key-revoked",
    `Cannot verify the image: its key ${keyId} is revoked; sign the image with another key`,
  );
}

/** Throws SignatureError unless a key of the ring has signed the message and still counts. */
export function checkTrust(
  message: Message,
  signature: Signature,
  { keyring, now }: { keyring: Keyring; now: Date },
): void {
  refuseRevoked(signature, keyring);
  let failure = unknownKey(signature, keyring);
  for (const key of keyring.keys) {
    // Anybody can make a key with the id of another one, so all that have it are asked.
    if (key.keyId !== signature.keyId) continue;
    try {
      checkSignature(message, signature, key);
      refuseExpired(signature, { keyring, now });
      return;
    } catch (error) {
      if (!(error instanceof SignatureError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function refuseExpired({ keyId }: Signature, { keyring, now }: { keyring: Keyring; now: Date }): void {
  const expiry = keyring.expiry.get(keyId);
  if (expiry === undefined || now < expiry) return;
  throw new SignatureError(
    "key-expired",
    `Cannot verify the image: its key ${keyId} expired at ${expiry.toISOString()}, and the clock here says ` +
      `${now.toISOString()}; sign the image with another key, or correct the clock`,
  );
}

function unknownKey({ keyId }: Signature, { keys }: Keyring): SignatureError {
  const known = [...new Set(keys.map((key) => key.keyId))].join(", ");
  return new SignatureError(
    "unknown-key",
    `Cannot verify the image: it is signed with the key ${keyId}, which is not known here; known: ${known}`,
  );
}
