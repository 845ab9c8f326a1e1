import { expect, test } from "bun:test";
import { ArtifactError } from "@host-service/artifact";
import { checkFloor } from "../../source/life/floor.ts";

const refusal = (image: { version?: string }, floor: string | undefined, isWanted: boolean, isPermitted: boolean) => {
  try {
    checkFloor(image, floor, { isWanted, isPermitted });
    return "taken";
  } catch (error) {
    return error instanceof ArtifactError ? `${error.kind}: ${error.message}` : error;
  }
};

test("checkFloor takes what is not older, and everything where nothing was committed", () => {
  expect(refusal({ version: "1.0" }, undefined, false, false)).toBe("taken");
  expect(refusal({}, undefined, false, false)).toBe("taken");
  expect(refusal({ version: "1.10" }, "1.9", false, false)).toBe("taken");
  expect(refusal({ version: "1.9" }, "1.9", false, false)).toBe("taken");
});

test("checkFloor refuses an older version unless it is both wanted and permitted", () => {
  const begin =
    'incompatible: Cannot install the image: it is version "1.9", and version "1.10" was committed on this host; ';
  const administrator = "the host's administrator can permit it with upgrade.allow_downgrade";
  expect(refusal({ version: "1.9" }, "1.10", false, false)).toBe(begin + administrator);
  expect(refusal({ version: "1.9" }, "1.10", true, false)).toBe(begin + administrator);
  expect(refusal({ version: "1.9" }, "1.10", false, true)).toBe(
    `${begin}give --allow-downgrade to install it all the same`,
  );
  expect(refusal({ version: "1.9" }, "1.10", true, true)).toBe("taken");
});

test("checkFloor refuses an image that does not say its version", () => {
  expect(refusal({}, "1.10", false, true)).toBe(
    'incompatible: Cannot install the image: it does not say its version, and version "1.10" was committed on this host; ' +
      "give --allow-downgrade to install it all the same",
  );
});
