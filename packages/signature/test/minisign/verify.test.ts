// minisign's own files, read and verified; and every way to change them.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parsePublicKey, parseSecretKey, parseSignature } from "../../source/index.ts";
import { checkTrust } from "../../source/keyring.ts";
import { checkSignature } from "../../source/minisign/signature.ts";
import { bytesOf, kindOf, messageOf } from "../kit.ts";
import { signatures, vector } from "../vectors/vectors.ts";

const message = vector("message");
const key = parsePublicKey(vector("plain.pub"), "plain.pub");
const prehashed = vector("prehashed.sig").toString();

/** The id of the key is not signed, so that only a keyring sees a change of it. */
function verify(signature: Uint8Array): void {
  const keyring = { keys: [key], expiry: new Map<string, Date>(), revoked: new Set<string>() };
  checkTrust(message, parseSignature(signature, "the signature"), { keyring, now: new Date() });
}

describe("checkSignature", () => {
  test.each(signatures)("%s of minisign is one of %s", (name, keyName) => {
    const publicKey = parsePublicKey(vector(keyName), keyName);
    const signature = parseSignature(vector(name), name);
    expect(signature.keyId).toBe(publicKey.keyId);
    expect(kindOf(() => checkSignature(message, signature, publicKey))).toBe("none");
    const changed = Buffer.from(message).fill("x", 3, 4);
    expect(kindOf(() => checkSignature(changed, signature, publicKey))).toBe("bad-signature");
  });

  test("another key is told apart", () => {
    const other = parsePublicKey(vector("other.pub"), "other.pub");
    const signature = parseSignature(vector("prehashed.sig"), "the signature");
    expect(kindOf(() => checkSignature(message, signature, other))).toBe("bad-signature");
  });

  test("a changed trusted comment is told apart from a changed message", () => {
    expect(kindOf(() => verify(bytesOf(prehashed.replace("1.5.0", "1.5.1"))))).toBe("bad-comment-signature");
  });

  test("a legacy signature is not taken for a prehashed one", () => {
    const lines = vector("legacy.sig").toString().split("\n");
    const bytes = Buffer.from(lines[1]!, "base64");
    bytes.write("ED", 0);
    expect(kindOf(() => verify(bytesOf(lines.with(1, bytes.toString("base64")).join("\n"))))).toBe("bad-signature");
  });

  test("no changed byte below the untrusted comment is accepted", () => {
    const start = prehashed.indexOf("\n") + 1;
    const whole = Buffer.from(prehashed);
    // The last byte is the end of the last line, which may be missing.
    for (let at = start; at < whole.length - 1; at++) {
      for (const flip of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(whole);
        changed[at]! ^= flip;
        expect({ at, kind: kindOf(() => verify(changed)) }).not.toEqual({ at, kind: "none" });
      }
    }
  });

  test("whatever comes is a signature or a SignatureError", () => {
    const lines = prehashed.split("\n");
    const line = fc.oneof(fc.constantFrom(...lines), fc.string(), fc.base64String());
    const text = fc.array(line, { maxLength: 6 }).map((all) => bytesOf(all.join("\n")));
    fc.assert(
      fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 400 })), (bytes) => void kindOf(() => verify(bytes))),
    );
  });
});

describe("parseSignature", () => {
  const [untrusted = "", first = "", trusted = "", second = ""] = prehashed.split("\n");
  const refusals: readonly (readonly [name: string, text: string, why: string])[] = [
    ["empty", "", "it has one line, and a signature of minisign has 4"],
    ["cut off", [untrusted, first].join("\n"), "it has 2 lines, and a signature of minisign has 4"],
    ["a fifth line", `${prehashed}more\n`, "it has 5 lines, and a signature of minisign has 4"],
    [
      "no untrusted comment",
      ["x", first, trusted, second].join("\n"),
      'line 1 does not begin with "untrusted comment:"',
    ],
    ["no trusted comment", [untrusted, first, "x", second].join("\n"), 'line 3 does not begin with "trusted comment:"'],
    ["what is no base64", [untrusted, "?", trusted, second].join("\n"), "line 2 is not base64"],
    ["base64 in another form", [untrusted, first.replace("=", ""), trusted, second].join("\n"), "line 2 is not base64"],
    ["the wrong length", [untrusted, second, trusted, second].join("\n"), "line 2 holds 64 bytes, and 74 are needed"],
    [
      "another algorithm",
      [untrusted, `AAAA${first.slice(4)}`, trusted, second].join("\n"),
      "line 2 is no Ed25519 signature",
    ],
    [
      "an escape sequence in a comment",
      [untrusted, first, `${trusted}\u001b[2J`, second].join("\n"),
      "the comment in line 3 has control characters",
    ],
    [
      "a comment without end",
      [untrusted, first, trusted + "x".repeat(9000), second].join("\n"),
      "the comment in line 3 is too long",
    ],
    ["a file without end", "x".repeat(20_000), "it has 20000 bytes, and at most 16384 are read"],
  ];
  test.each(refusals)("%s is refused", (_name, text, why) => {
    expect(messageOf(() => parseSignature(bytesOf(text), "manifest.sig"))).toBe(`Cannot read manifest.sig: ${why}`);
  });

  test("ends of lines as Windows has them are taken", () => {
    expect(kindOf(() => verify(bytesOf(prehashed.replaceAll("\n", "\r\n"))))).toBe("none");
  });

  test("what is not UTF-8 is refused", () => {
    expect(messageOf(() => parseSignature(new Uint8Array([0xff, 0x0a]), "x"))).toBe(
      "Cannot read x: it is not text in UTF-8",
    );
  });
});

describe("parsePublicKey", () => {
  test("the file and its line alone are the same key, with the id that minisign prints", () => {
    const [comment = "", line = ""] = vector("plain.pub").toString().split("\n");
    const alone = parsePublicKey(bytesOf(line), "the key");
    expect(alone.keyId).toBe(key.keyId);
    expect(comment).toBe(`untrusted comment: minisign public key ${key.keyId}`);
    expect(alone.key.equals(key.key)).toBe(true);
  });

  test("whatever comes is a key or a SignatureError, for secret keys as well", () => {
    const label = fc.constantFrom("untrusted comment: x\n", "");
    const line = fc.oneof(
      fc.base64String(),
      fc.uint8Array({ maxLength: 160 }).map((bytes) => Buffer.from(bytes).toString("base64")),
    );
    const text = fc.tuple(label, line).map(([comment, base64]) => bytesOf(comment + base64));
    fc.assert(
      fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const kinds = [kindOf(() => parsePublicKey(bytes, "x")), kindOf(() => parseSecretKey(bytes, "x"))];
        return kinds.every((kind) => kind === "none" || kind === "key-invalid");
      }),
    );
  });

  const refusals: readonly (readonly [name: string, text: string, why: string])[] = [
    ["a secret key", vector("plain.key").toString(), "line 2 holds 158 bytes, and 42 are needed"],
    ["a signature", prehashed, "it has 4 lines, and a public key of minisign has 2"],
    ["an OpenSSH key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 user", "line 1 is not base64"],
    ["nothing", "", "line 1 holds 0 bytes, and 42 are needed"],
    ["another algorithm", Buffer.alloc(42).toString("base64"), "line 1 is no Ed25519 public key"],
  ];
  test.each(refusals)("%s is refused", (_name, text, why) => {
    expect(messageOf(() => parsePublicKey(bytesOf(text), "a.pub"))).toBe(`Cannot read a.pub: ${why}`);
  });
});
