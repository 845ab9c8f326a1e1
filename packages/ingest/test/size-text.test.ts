import { expect, test } from "bun:test";
import { describeBytes } from "../source/size-text.ts";

test("describeBytes: the unit fits, and the exact number is beside it", () => {
  expect([0, 1, 1023, 1024, 1536, 1024 ** 2, 1024 ** 3, 2 ** 53].map(describeBytes)).toEqual([
    "0 bytes",
    "1 byte",
    "1023 bytes",
    "1.0 KiB (1024 bytes)",
    "1.5 KiB (1536 bytes)",
    "1.0 MiB (1048576 bytes)",
    "1.0 GiB (1073741824 bytes)",
    "8.0 PiB (9007199254740992 bytes)",
  ]);
});
