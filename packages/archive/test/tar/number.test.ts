import { base256, octal12 } from "@host-service/fixtures";
import { expect, test } from "bun:test";
import { parseDecimal, parseNumber, parseTime } from "../../source/tar/number.ts";

test.each([
  ["0000644\0", 0o644],
  ["   644 \0", 0o644],
  ["644     ", 0o644],
  ["77777777", 0o77777777],
  ["\0\0\0\0\0\0\0\0", 0],
  ["        ", 0],
  ["12x45670", undefined],
  ["8       ", undefined],
  ["-1      ", undefined],
  ["\u00c0\0\0\0\0\0\0\u0001", undefined],
])("parseNumber reads the octal field %j", (field, value) => {
  expect(parseNumber(Buffer.from(field, "latin1"))).toBe(value);
});

test.each([0n, 1n, 255n, 256n, 8n * 1024n ** 3n, BigInt(Number.MAX_SAFE_INTEGER), -1n, -256n, -1_500_000_000n])(
  "parseNumber reads the binary field of %p",
  (value) => {
    expect(parseNumber(base256(value, 12))).toBe(Number(value));
  },
);

test.each([1n << 53n, 1n << 80n, -(1n << 60n)])("parseNumber takes no binary %p, which it cannot hold", (value) => {
  expect(parseNumber(base256(value, 12))).toBe(undefined);
});

test("parseNumber reads what the fixtures write", () => {
  expect(parseNumber(Buffer.from(octal12(0o12345670), "latin1"))).toBe(0o12345670);
});

test.each([
  ["0", 0],
  ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ["9007199254740992", undefined],
  ["", undefined],
  ["-1", undefined],
  ["1.5", undefined],
  ["0x10", undefined],
  [" 1", undefined],
  ["1e3", undefined],
])("parseDecimal reads %j", (text, value) => {
  expect(parseDecimal(text)).toBe(value);
});

test.each([
  ["0", 0n],
  ["1234567890.123456789", 1_234_567_890_123_456_789n],
  ["1234567890.1234567899", 1_234_567_890_123_456_789n],
  ["1.5", 1_500_000_000n],
  ["1.", 1_000_000_000n],
  ["-1.5", -1_500_000_000n],
  ["-0.000000001", -1n],
  ["", undefined],
  [".5", undefined],
  ["1,5", undefined],
  ["yesterday", undefined],
  ["9999999999999", undefined],
])("parseTime reads %j", (text, value) => {
  expect(parseTime(text)).toBe(value);
});
