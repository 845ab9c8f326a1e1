import { expect, test } from "bun:test";
import { parsePublicKey, parseSecretKey, readDetached, signMessage } from "../source/index.ts";
import { bytesOf, kindOf } from "./kit.ts";
import { vector } from "./vectors/vectors.ts";

const now = new Date("2026-11-25T12:00:00Z");
const key = parsePublicKey(vector("plain.pub"), "plain.pub");
const keyring = { keys: [key], expiry: new Map<string, Date>(), revoked: new Set<string>() };
const digestOf = (message: Uint8Array): Uint8Array => new Bun.CryptoHasher("blake2b512").update(message).digest();
const blake2b512 = digestOf(vector("message"));

test("readDetached takes what minisign has signed, by the digest of the file alone", () => {
  const { keyId, verified } = readDetached({ blake2b512, signature: vector("prehashed.sig") }, { keyring, now });
  expect({ keyId, verified }).toEqual({ keyId: key.keyId, verified: true });
});

test("readDetached takes what signMessage has signed by the digest", async () => {
  const secret = await parseSecretKey(vector("plain.key"), "plain.key").open(undefined);
  const comments = { trusted: "1.5.0", untrusted: "a test" };
  const signature = bytesOf(signMessage({ blake2b512 }, secret, comments));
  expect(Buffer.from(signature).equals(bytesOf(signMessage(vector("message"), secret, comments)))).toBe(true);
  expect(readDetached({ blake2b512, signature }, { keyring, now })).toEqual({
    keyId: key.keyId,
    trustedComment: "1.5.0",
    verified: true,
  });
});

test("readDetached refuses another file, another key, the old form and a key that counts no more", () => {
  const signature = vector("prehashed.sig");
  const other = parsePublicKey(vector("other.pub"), "other.pub");
  const read = (more: Partial<Parameters<typeof readDetached>[0]>, ring = keyring): string =>
    kindOf(() => readDetached({ blake2b512, signature, ...more }, { keyring: ring, now }));
  expect({
    "another file": read({ blake2b512: digestOf(bytesOf("another")) }),
    "another key": read({}, { ...keyring, keys: [other] }),
    "the old form": read({ signature: vector("legacy.sig") }),
    "no signature": read({ signature: bytesOf("text") }),
    "a revoked key": read({}, { ...keyring, revoked: new Set([key.keyId]) }),
    "an expired key": read({}, { ...keyring, expiry: new Map([[key.keyId, now]]) }),
  }).toEqual({
    "another file": "bad-signature",
    "another key": "unknown-key",
    "the old form": "signature-invalid",
    "no signature": "signature-invalid",
    "a revoked key": "key-revoked",
    "an expired key": "key-expired",
  });
});
