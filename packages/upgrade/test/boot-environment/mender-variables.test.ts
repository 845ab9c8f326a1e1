import { expect, test } from "bun:test";
import {
  decimal,
  hexadecimal,
  isSame,
  keepBatch,
  nextSlot,
  returnToBatch,
  tryOnceBatch,
} from "../../source/boot-environment/mender-variables.ts";

const partitions = { a: 2, b: 10 };
const numbering = { partitions, usesHex: true };
const now = (values: Record<string, string>) => new Map(Object.entries(values));

test("decimal and hexadecimal take numbers and nothing that begins like one", () => {
  expect(["0", "3", "03", "12", "", "-1", "1.5", "2 ", "0x2", "2\n3", "1e3"].map(decimal)).toEqual([
    0,
    3,
    3,
    12,
    ...Array<undefined>(7).fill(undefined),
  ]);
  expect(["a", "A", "0xa", "0a", "10", "", "g", "a ", "-a"].map(hexadecimal)).toEqual([
    10,
    10,
    10,
    10,
    16,
    ...Array<undefined>(4).fill(undefined),
  ]);
});

test("nextSlot compares numbers, and both variables have to agree", () => {
  const next = (part?: string, hex?: string) =>
    nextSlot(
      now({
        ...(part === undefined ? {} : { mender_boot_part: part }),
        ...(hex === undefined ? {} : { mender_boot_part_hex: hex }),
      }),
      numbering,
    );
  expect([next("2", "2"), next("02"), next("10", "a"), next("10", "A"), next("10")]).toEqual(["a", "a", "b", "b", "b"]);
  // 12 ends like slot a's number; "10" in the hexadecimal variable would be partition 16.
  expect([next("12", "c"), next("10", "10"), next("2", "a"), next(), next("", "2"), next("two")]).toEqual(
    Array<undefined>(6).fill(undefined),
  );
});

test("nextSlot goes by the decimal number alone where the boot loader does", () => {
  const values = now({ mender_boot_part: "2", mender_boot_part_hex: "a" });
  expect(nextSlot(values, { partitions, usesHex: false })).toBe("a");
});

test("M45: the batches name a slot in decimal and in small hexadecimal digits", () => {
  expect([...returnToBatch("b", partitions)]).toEqual([
    ["mender_boot_part", "10"],
    ["mender_boot_part_hex", "a"],
    ["upgrade_available", "0"],
  ]);
  expect([...tryOnceBatch("a", partitions)]).toEqual([
    ["mender_boot_part", "2"],
    ["mender_boot_part_hex", "2"],
    ["upgrade_available", "1"],
    ["bootcount", "0"],
  ]);
});

test("M44, M46: keepBatch in every state writes the flag alone, or nothing, or calls off; never bootcount", () => {
  const flags = ["0", "1"];
  for (const slot of ["a", "b"] as const) {
    for (const selected of ["a", "b"] as const) {
      for (const flag of flags) {
        const state = new Map([
          ...returnToBatch(selected, partitions),
          ["upgrade_available", flag],
          ["bootcount", "1"],
        ]);
        const expected =
          selected !== slot ? [...returnToBatch(slot, partitions)] : flag === "1" ? [["upgrade_available", "0"]] : [];
        expect([...keepBatch(slot, numbering, state)] as unknown[]).toEqual(expected);
      }
    }
  }
});

test("isSame takes an absent value for different", () => {
  expect([isSame("bootcount", "0", "00"), isSame("bootcount", "", "0"), isSame("bootcount", "", "")]).toEqual([
    true,
    false,
    false,
  ]);
  expect(isSame("mender_boot_part_hex", "A", "a")).toBe(true);
});
