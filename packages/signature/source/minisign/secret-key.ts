// A secret key file of minisign: 2 bytes each for the algorithms of the signature, of the password and of the checksum, then
// salt, limits of scrypt, and the key with its id and its checksum, which the password's key stream hides.
import { createPrivateKey, createPublicKey, scrypt, timingSafeEqual } from "node:crypto";
import type { KeyObject, ScryptOptions } from "node:crypto";
import { SignatureError } from "../error.ts";
import { Lines, ed25519, keyIdOf, untrustedLabel } from "./lines.ts";
import { publicKeyOf } from "./public-key.ts";
import { scryptCost } from "./scrypt-cost.ts";

export interface SecretKey {
  keyId: string;
  key: KeyObject;
}

export interface SecretKeyFile {
  isEncrypted: boolean;
  /** Throws SignatureError "password-needed", "wrong-password" or "key-invalid". Takes seconds where there is a password. */
  open(password: string | undefined): Promise<SecretKey>;
}

const hiddenBytes = 8 + 64 + 32;
const hiddenStart = 2 + 2 + 2 + 32 + 8 + 8;

/** Throws SignatureError "key-invalid". */
export function parseSecretKey(contents: Uint8Array, subject: string): SecretKeyFile {
  const lines = new Lines(contents, { subject, kind: "key-invalid" });
  lines.expect(2, "a secret key of minisign");
  lines.comment(1, untrustedLabel);
  const bytes = lines.base64(2, hiddenStart + hiddenBytes);
  if (bytes.toString("latin1", 0, 2) !== ed25519 || bytes.toString("latin1", 4, 6) !== "B2") {
    throw lines.refuse("line 2 is no Ed25519 secret key");
  }
  const derivation = bytes.toString("latin1", 2, 4);
  if (derivation !== "Sc" && derivation !== "\0\0") throw lines.refuse("its password is not kept by scrypt");
  const hidden = bytes.subarray(hiddenStart);
  if (derivation === "\0\0") {
    return { isEncrypted: false, open: async () => secretKeyOf(hidden, lines) };
  }
  const cost = scryptCost(bytes.readBigUInt64LE(38), bytes.readBigUInt64LE(46));
  if (cost === undefined) throw lines.refuse("its password asks for more than 2 GiB of memory");
  return {
    isEncrypted: true,
    async open(password) {
      if (password === undefined) {
        throw new SignatureError("password-needed", `Cannot open ${subject}: it is protected by a password; give it`);
      }
      const stream = await derive(password, { salt: bytes.subarray(6, 38), cost });
      const plain = Buffer.from(hidden.map((byte, index) => byte ^ (stream[index] ?? 0)));
      if (timingSafeEqual(checksum(plain), plain.subarray(72))) return secretKeyOf(plain, lines);
      throw new SignatureError("wrong-password", `Cannot open ${subject}: the password is not the one of this key`);
    },
  };
}

/** BLAKE2b-256 over the algorithm, the id and the key. */
function checksum(plain: Buffer): Buffer {
  return new Bun.CryptoHasher("blake2b256").update(ed25519).update(plain.subarray(0, 72)).digest();
}

/** The seed and, behind it, the public key that belongs to it. */
function secretKeyOf(plain: Buffer, lines: Lines): SecretKey {
  const [d, x] = [plain.subarray(8, 40), plain.subarray(40, 72)];
  // PKCS #8 of an Ed25519 seed (RFC 8410): the runtime then derives the public key itself.
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), d]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  if (!createPublicKey(key).equals(publicKeyOf(x))) throw lines.refuse("its two halves do not belong together");
  return { keyId: keyIdOf(plain.subarray(0, 8)), key };
}

function derive(password: string, { salt, cost }: { salt: Buffer; cost: ScryptOptions }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, hiddenBytes, cost, (error, key) => (error instanceof Error ? reject(error) : resolve(key)));
  });
}
