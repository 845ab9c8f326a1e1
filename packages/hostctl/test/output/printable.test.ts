import { expect, test } from "bun:test";
import { printable, printableJson, printableLines } from "../../source/output/printable.ts";

const hostile =
  "a\u001b[31mred\u001b[0m\u001b]0;title\u0007\u009b2J\u0008\u007f\u202eb\u2028\u200f\ufeff\u{e0041}c\r\nd\te";

test("printable is one line without sequences, controls and marks of direction", () => {
  expect(printable(hostile)).toBe("aredbc d e");
  expect(printable("Größe 5 µm, 日本 🙂")).toBe("Größe 5 µm, 日本 🙂");
});

test("printable leaves no character that a terminal acts upon, whatever comes", () => {
  for (let code = 0; code < 0x10000; code++) {
    const character = String.fromCharCode(code);
    expect(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u.test(printable(character))).toBe(true);
  }
});

test("printableLines keeps line breaks and tabs", () => {
  expect(printableLines("one\u001b[1m\n\ttwo\r\n\u0007three")).toBe("one\n\ttwo\nthree");
});

test("printableJson escapes and loses nothing", () => {
  const text = printableJson({ text: hostile });
  expect(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u.test(text)).toBe(true);
  expect(JSON.parse(text)).toEqual({ text: hostile });
});
