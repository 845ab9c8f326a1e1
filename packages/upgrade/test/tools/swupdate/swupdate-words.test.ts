import { expect, test } from "bun:test";
import { blamedBy, swupdateReason, versionIn } from "../../../source/tools/swupdate/swupdate-words.ts";

const ending = (...errors: string[]) => ({
  name: "swupdate",
  exitCode: 1,
  signal: null,
  output: ["SWUpdate v"],
  errors,
});

test("swupdateReason is the first complaint, as Debian 12 and later ones print it", () => {
  const table: readonly (readonly [string[], string])[] = [
    [
      [
        "[ERROR] : SWUPDATE failed [0] ERROR : SW not compatible with hardware",
        "swupdate_image_write failed: Connection reset by peer",
        "[ERROR] : SWUPDATE failed [0] ERROR : SWUpdate *failed* !",
      ],
      "SW not compatible with hardware",
    ],
    [
      ["[ERROR] : SWUPDATE failed [1] Image invalid or corrupted. Not installing ..."],
      "Image invalid or corrupted. Not installing ...",
    ],
    [
      ["[ERROR] : SWUPDATE failed [0] ERROR core/cpio_utils.c : copyfile : 569 : HASH mismatch : 01 <--> 02"],
      "HASH mismatch : 01 <--> 02",
    ],
    [["Error: Mandatory arguments missing"], "Error: Mandatory arguments missing"],
    [[], "SWUpdate v"],
  ];
  expect(table.map(([errors]) => swupdateReason(ending(...errors)))).toEqual(table.map(([, reason]) => reason));
});

test("blamedBy blames the file only where the words do", () => {
  const table = {
    "Authentication of all signatures failed": "signature",
    "Signature verification failed": "signature",
    "SW not compatible with hardware": "incompatible",
    "HASH mismatch : 01 <--> 02": "checksum",
    "Error streaming rootfs.img": undefined,
    "Found nothing to install": undefined,
  } as const;
  expect(Object.keys(table).map(blamedBy)).toEqual(Object.values(table));
});

test("versionIn finds the version of the description, not that of the program", () => {
  expect(versionIn("[TRACE] : SWUPDATE running :  [get_common_fields] : Version 2.0")).toBe("2.0");
  expect(versionIn("SWUpdate v2022.12")).toBeUndefined();
});
