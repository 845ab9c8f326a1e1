// Our signatures: they verify, by us and by minisign itself, with keys of minisign's with and without a password.
import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignatureError, parsePublicKey, parseSecretKey, parseSignature, signMessage } from "../../source/index.ts";
import { scryptCost } from "../../source/minisign/scrypt-cost.ts";
import { checkSignature } from "../../source/minisign/signature.ts";
import { bytesOf, kindOf, messageOf } from "../kit.ts";
import { password, vector } from "../vectors/vectors.ts";

const message = vector("message");
const comments = { trusted: "edge 1.5.0\tümläut", untrusted: "made by a test" };

async function failureOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => "none",
    (error: unknown) => (error instanceof SignatureError ? error.kind : "another error"),
  );
}

describe("signMessage", () => {
  test("a signature is one of the public key, with its comments", async () => {
    const secret = await parseSecretKey(vector("plain.key"), "plain.key").open(undefined);
    const text = signMessage(message, secret, comments);
    const signature = parseSignature(bytesOf(text), "ours");
    expect(signature).toMatchObject({ keyId: secret.keyId, isPrehashed: true, trustedComment: comments.trusted });
    expect(text.split("\n")[0]).toBe("untrusted comment: made by a test");
    const key = parsePublicKey(vector("plain.pub"), "plain.pub");
    expect(kindOf(() => checkSignature(message, signature, key))).toBe("none");
  });

  test("a comment that would be another line is refused", async () => {
    const secret = await parseSecretKey(vector("plain.key"), "plain.key").open(undefined);
    expect(messageOf(() => signMessage(message, secret, { ...comments, trusted: "a\nb" }))).toBe(
      "Cannot sign: the trusted comment has control characters",
    );
    expect(messageOf(() => signMessage(message, secret, { ...comments, untrusted: "x".repeat(2000) }))).toBe(
      "Cannot sign: the untrusted comment is too long",
    );
  });

  const reason = Bun.which("minisign") === null ? "minisign is not installed" : undefined;
  if (reason !== undefined) console.error(`skipped: minisign takes our signature: ${reason}`);
  test.skipIf(reason !== undefined)(
    `minisign takes our signature${reason ? ` (skipped: ${reason})` : ""}`,
    async () => {
      const directory = await mkdtemp(join(tmpdir(), "signature-"));
      try {
        const secret = await parseSecretKey(vector("plain.key"), "plain.key").open(undefined);
        await Bun.write(join(directory, "message"), message);
        await Bun.write(join(directory, "public"), vector("plain.pub"));
        await Bun.write(join(directory, "sig"), signMessage(message, secret, comments));
        const argv = ["minisign", "-VQ", "-p", "public", "-x", "sig", "-m", "message"];
        const child = Bun.spawnSync(argv, { cwd: directory });
        expect({ status: child.exitCode, said: child.stdout.toString() }).toEqual({
          status: 0,
          said: `${comments.trusted}\n`,
        });
      } finally {
        await rm(directory, { recursive: true });
      }
    },
  );
});

describe("parseSecretKey", () => {
  // What minisign makes costs 1 GiB of memory and some seconds.
  test("a key with a password opens with it", async () => {
    const file = parseSecretKey(vector("password.key"), "password.key");
    expect(file.isEncrypted).toBe(true);
    expect(await failureOf(file.open(undefined))).toBe("password-needed");
    const { keyId } = await file.open(password);
    expect(keyId).toBe(parsePublicKey(vector("password.pub"), "password.pub").keyId);
  }, 120_000);

  test("another password is told", async () => {
    const [comment = "", line = ""] = vector("password.key").toString().split("\n");
    const bytes = Buffer.from(line, "base64");
    // At a cost that a test can pay.
    bytes.writeBigUInt64LE(32_768n, 38);
    bytes.writeBigUInt64LE(16n * 1024n ** 2n, 46);
    const file = parseSecretKey(bytesOf(`${comment}\n${bytes.toString("base64")}\n`), "x");
    expect(await failureOf(file.open(password))).toBe("wrong-password");
  });

  test("what is no secret key is refused by its line", () => {
    expect(messageOf(() => parseSecretKey(vector("plain.pub"), "x"))).toBe(
      "Cannot read x: line 2 holds 42 bytes, and 158 are needed",
    );
  });

  test("a key whose halves do not belong together is refused", async () => {
    const [comment = "", line = ""] = vector("plain.key").toString().split("\n");
    const bytes = Buffer.from(line, "base64");
    bytes[70]! ^= 1;
    const file = parseSecretKey(bytesOf(`${comment}\n${bytes.toString("base64")}\n`), "x");
    expect(await failureOf(file.open(undefined))).toBe("key-invalid");
  });
});

describe("scryptCost", () => {
  const mebibyte = 1024n ** 2n;
  test("minisign's own limits are 2^20, 8, 1", () => {
    expect(scryptCost(33_554_432n, 1024n * mebibyte)).toMatchObject({ N: 2 ** 20, r: 8, p: 1 });
  });
  test("libsodium's interactive limits are 2^14, 8, 1", () => {
    expect(scryptCost(524_288n, 16n * mebibyte)).toMatchObject({ N: 2 ** 14, r: 8, p: 1 });
  });
  test("few operations lower the memory", () => {
    expect(scryptCost(0n, 1024n * mebibyte)).toMatchObject({ N: 2 ** 10, r: 8, p: 1 });
  });
  test("numbers that would take the machine down are refused", () => {
    expect(scryptCost(2n ** 64n - 1n, 2n ** 64n - 1n)).toBeUndefined();
    expect(scryptCost(2n ** 40n, 8192n * mebibyte)).toBeUndefined();
  });
});
