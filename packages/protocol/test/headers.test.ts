import { expect, test } from "bun:test";
import { booleanField, booleanOfField, countOfField, digestField, sha256OfDigestField } from "@host-service/protocol";

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

test("countOfField and booleanOfField read structured fields and ignore what is none", () => {
  expect(["0", "12", " 7 ;a=1", "999999999999999"].map(countOfField)).toEqual([0, 12, 7, 999999999999999]);
  for (const wrong of [null, "", "-1", "1.5", "1e3", "0x1", "1, 2", "9".repeat(16)])
    expect(countOfField(wrong)).toBeUndefined();
  expect(["?0", "?1", " ?1;a"].map(booleanOfField)).toEqual([false, true, true]);
  for (const wrong of [null, "", "1", "true", "?2", "?1, ?0"]) expect(booleanOfField(wrong)).toBeUndefined();
  expect([true, false].map((value) => booleanOfField(booleanField(value)))).toEqual([true, false]);
});
