import { expect, test } from "bun:test";
import { digestField, sha256OfDigestField } from "@host-service/protocol";

const hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

test("sha256OfDigestField reads what digestField writes", () => {
  expect(sha256OfDigestField(digestField(hex))).toBe(hex);
});

test("sha256OfDigestField finds sha-256 among others", () => {
  expect(sha256OfDigestField(`sha-512=:YWJj:, ${digestField(hex)};x=1`)).toBe(hex);
});

test("sha256OfDigestField tells an absent field from one that cannot be read", () => {
  expect(sha256OfDigestField(null)).toBeUndefined();
  expect(sha256OfDigestField("sha-512=:YWJj:")).toBeUndefined();
  expect(sha256OfDigestField("sha-256=:YWJj:")).toBeNull();
  expect(sha256OfDigestField(`sha-256=${hex}`)).toBeNull();
});
