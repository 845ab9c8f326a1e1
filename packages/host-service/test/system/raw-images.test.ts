import { expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { parsePublicKey, SignatureError, signMessage } from "@host-service/signature";
import type { Policy } from "@host-service/signature";
import type { RawImages } from "../../source/configuration/configuration.ts";
import { rawImageRules } from "../../source/system/raw-images.ts";

const now = new Date("2027-01-01T00:00:00Z");
const image = Buffer.from("the whole disk");
const blake2b512 = new Bun.CryptoHasher("blake2b512").update(image).digest("hex");
const keyId = "0123456789ABCDEF";

function makeKey() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  // minisign prints the bytes of an id in reverse.
  const line = Buffer.concat([Buffer.from("Ed"), Buffer.from(keyId, "hex").reverse(), raw]).toString("base64");
  return { publicKey: parsePublicKey(Buffer.from(line), "the key"), secretKey: { keyId, key: privateKey } };
}

const ours = makeKey();
const theirs = makeKey();

const signature = (comment: string, key = ours.secretKey) =>
  Buffer.from(signMessage(image, key, { untrusted: "signature", trusted: comment }));

const policy = (rawImages: RawImages, keys = [ours.publicKey]) => {
  const images: Policy = { keyring: { keys, expiry: new Map(), revoked: new Set() }, signatureRequiredBy: undefined };
  return { rawImages, images };
};

const outcome = (...parameters: Parameters<typeof rawImageRules>) => {
  try {
    const { verify, rawRefusal, version } = rawImageRules(...parameters);
    if (rawRefusal !== undefined) return `refused: ${rawRefusal}`;
    const signer = verify?.({ blake2b512 });
    const said =
      signer === undefined ? "nobody signed it" : `${signer.keyId} ${signer.verified ? "verified" : "claimed"}`;
    return version === undefined ? said : `${said}, version ${version}`;
  } catch (error) {
    return error instanceof SignatureError ? error.kind : error;
  }
};

const sha256 = "0".repeat(64);

test("rawImageRules asks for what the host's configuration asks for", () => {
  expect({
    refuse: outcome(policy("refuse"), { sha256, signature: signature("x") }, now),
    "digest without": outcome(policy("digest"), {}, now),
    "digest with": outcome(policy("digest"), { sha256 }, now),
    "accept without keys": outcome(policy("accept", []), {}, now),
    "accept without keys, signed": outcome(policy("accept", []), { signature: signature("x") }, now),
    "accept with keys, signed": outcome(policy("accept"), { signature: signature("x") }, now),
    "signed without": outcome(policy("signed"), {}, now),
    "signed with": outcome(policy("signed"), { signature: signature("timestamp:1 version:2.1.0 file:x") }, now),
    "signed, where all keys are for artifacts": outcome(policy("signed", []), { signature: signature("x") }, now),
    "signed by another": outcome(policy("signed"), { signature: signature("version:9", theirs.secretKey) }, now),
    "no signature at all": outcome(policy("signed"), { signature: Buffer.from("nonsense") }, now),
  }).toMatchInlineSnapshot(`
    {
      "accept with keys, signed": "0123456789ABCDEF verified",
      "accept without keys": "nobody signed it",
      "accept without keys, signed": "0123456789ABCDEF claimed",
      "digest with": "nobody signed it",
      "digest without": "refused: a raw image needs its digest here; give --sha256",
      "no signature at all": "signature-invalid",
      "refuse": "refused: this host takes no raw images (verify.system.raw_images)",
      "signed by another": "bad-signature",
      "signed with": "0123456789ABCDEF verified, version 2.1.0",
      "signed without": "refused: a raw image needs a signature here; make one with "hostctl image sign", and leave it beside the image",
      "signed, where all keys are for artifacts": "refused: a raw image needs a signature here, and none of verify.system.keys is a key of minisign",
    }
  `);
});

test("rawImageRules verifies the digest that was read", () => {
  const { verify } = rawImageRules(policy("signed"), { signature: signature("version:2") }, now);
  const other = new Bun.CryptoHasher("blake2b512").update("another disk").digest("hex");
  expect(() => verify?.({ blake2b512: other })).toThrow("the signature is not one of the image");
});
