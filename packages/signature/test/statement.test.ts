// Every combination of what comes and what is asked for.
import { beforeAll, describe, expect, test } from "bun:test";
import { parsePublicKey, parseSecretKey, readStatement, signMessage, writeManifest } from "../source/index.ts";
import type { Policy } from "../source/index.ts";
import { bytesOf, kindOf, messageOf } from "./kit.ts";
import { vector } from "./vectors/vectors.ts";

const now = new Date("2026-11-22T12:00:00Z");
const manifest = bytesOf(writeManifest({ name: "edge", version: "1.5.0", parts: {} }));
const plain = parsePublicKey(vector("plain.pub"), "plain.pub");
const other = parsePublicKey(vector("other.pub"), "other.pub");
const { keyId } = plain;
let signature: Uint8Array = bytesOf("");
beforeAll(async () => {
  const secret = await parseSecretKey(vector("plain.key"), "plain.key").open(undefined);
  signature = bytesOf(signMessage(manifest, secret, { trusted: "edge 1.5.0", untrusted: "" }));
});

interface Wishes {
  keys?: Policy["keyring"]["keys"];
  expiry?: string;
  revoked?: readonly string[];
  required?: boolean;
}

function policy({ keys = [plain], expiry, revoked = [], required = true }: Wishes = {}): Policy {
  const times = new Map(expiry === undefined ? [] : [[keyId, new Date(expiry)]]);
  return {
    keyring: { keys, expiry: times, revoked: new Set(revoked) },
    signatureRequiredBy: required ? '"require_signature"' : undefined,
  };
}

const read = (given: { manifest?: Uint8Array; signature?: Uint8Array }, wishes: Wishes = {}) =>
  readStatement({ manifest: undefined, signature: undefined, ...given }, policy(wishes), now);

describe("readStatement", () => {
  test("a good signature of any of the keys is verified", () => {
    const signer = { keyId, trustedComment: "edge 1.5.0", verified: true };
    for (const keys of [[plain], [other, plain], [plain, other]]) {
      expect(read({ manifest, signature }, { keys })).toMatchObject({ manifest: { name: "edge" }, signer });
    }
  });

  test("a key that only has the same id does not count, and does no harm", () => {
    const impostor = { ...other, keyId };
    expect(read({ manifest, signature }, { keys: [impostor, plain] }).signer?.verified).toBe(true);
    expect(kindOf(() => read({ manifest, signature }, { keys: [impostor] }))).toBe("bad-signature");
  });

  test("without keys nothing is verified, and that is said", () => {
    expect(read({ manifest, signature }, { keys: [], required: false })).toMatchObject({
      signer: { keyId, verified: false },
      warning: "not verified: no keys are configured",
    });
    expect(read({ manifest }, { keys: [], required: false })).toMatchObject({
      warning: "not verified: it is not signed",
    });
    expect(read({}, { keys: [], required: false })).toEqual({});
  });

  test("with keys and without the duty to sign, what is not signed is told", () => {
    expect(read({}, { required: false })).toEqual({ warning: "not verified: it is not signed" });
  });

  const refusals: readonly (readonly [kind: string, given: () => Parameters<typeof read>[0], wishes: Wishes])[] = [
    ["no-signature", () => ({}), {}],
    ["no-signature", () => ({ manifest }), {}],
    ["manifest-invalid", () => ({ signature }), {}],
    ["signature-invalid", () => ({ manifest, signature: manifest }), {}],
    ["signature-invalid", () => ({ manifest, signature: manifest }), { keys: [], required: false }],
    ["unknown-key", () => ({ manifest, signature }), { keys: [other] }],
    ["unknown-key", () => ({ manifest, signature }), { keys: [other], required: false }],
    ["key-revoked", () => ({ manifest, signature }), { revoked: [keyId] }],
    ["key-revoked", () => ({ manifest, signature }), { keys: [other], revoked: [keyId] }],
    ["key-revoked", () => ({ manifest, signature }), { keys: [], revoked: [keyId], required: false }],
    ["key-expired", () => ({ manifest, signature }), { expiry: "2026-11-22T12:00:00Z" }],
    ["none", () => ({ manifest, signature }), { expiry: "2026-11-22T12:00:01Z" }],
    ["bad-signature", () => ({ manifest: bytesOf("{}"), signature }), {}],
    ["bad-signature", () => ({ manifest: bytesOf("{}"), signature }), { expiry: "2000-01-01T00:00:00Z" }],
  ];
  test.each(refusals)("%s", (kind, given, wishes) => {
    expect(kindOf(() => read(given(), wishes))).toBe(kind);
  });

  test("an expiry tells both times, a missing signature what asks for one", () => {
    expect(messageOf(() => read({ manifest, signature }, { expiry: "2026-01-01T00:00:00Z" }))).toBe(
      `Cannot verify the image: its key ${keyId} expired at 2026-01-01T00:00:00.000Z, and the clock here says ` +
        "2026-11-22T12:00:00.000Z; sign the image with another key, or correct the clock",
    );
    expect(messageOf(() => read({}))).toBe(
      'Cannot verify the image: it is not signed, and "require_signature" asks for a signature; sign it with hostctl image sign',
    );
  });
});
