import { expect, test } from "bun:test";
import { printable } from "../../../source/tools/run/printable.ts";

test("printable makes one harmless line of whatever a tool prints", () => {
  const table: readonly (readonly [string, string])[] = [
    ["No space left on device", "No space left on device"],
    ["  two\tparts\r\nand lines  ", "two parts and lines"],
    ["\u001B[31mred\u001B[0m and \u001B[2Jcleared", "red and cleared"],
    ["\u001B]0;a title\u0007text", "text"],
    ["\u001B]8;;http://x/\u001B\\link\u001B]8;;\u001B\\", "link"],
    ["an open title \u001B]0;never closed", "an open title"],
    ["\u001Bc\u009B1mC1\u0000\u0007", "c 1mC1"],
    ["right\u202Eto left\u2066\u200B\uFEFF", "right to left"],
    ["line\u2028and\u2029paragraph", "line and paragraph"],
    ["unpaired \uD800 surrogate", "unpaired surrogate"],
    ["größer als 日本 🚀", "größer als 日本 🚀"],
    ["", ""],
  ];
  expect(table.map(([text]) => printable(text))).toEqual(table.map(([, line]) => line));
});

test("printable cuts a long line between characters", () => {
  expect(printable("x".repeat(300))).toBe("x".repeat(300));
  expect(printable("x".repeat(301))).toBe(`${"x".repeat(299)}…`);
  expect(printable("🚀🚀🚀", 3)).toBe("🚀🚀🚀");
  expect(printable("🚀🚀🚀", 2)).toBe("🚀…");
  expect(printable("y".repeat(1_000_000), 4)).toBe("yyy…");
});
