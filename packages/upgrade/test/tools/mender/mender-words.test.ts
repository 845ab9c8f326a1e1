import { expect, test } from "bun:test";
import { menderReason, menderWarnings } from "../../../source/tools/mender/mender-words.ts";

const ending = (output: string[], errors: string[]) => ({ name: "mender", exitCode: 1, signal: null, output, errors });

test("menderReason is the last error that the client of 3.x has logged", () => {
  const errors = [
    'time="2026-11-25T14:17:55Z" level=info msg="Start updating"',
    '......time="2026-11-25T14:17:55Z" level=error msg="Download failed: can not install Payload: rootfs.img: unexpected EOF"',
    'time="2026-11-25T14:17:56Z" level=error msg="Expected \\"upgrade_available\\" flag to be true\\nbut it was false, C:\\\\x"',
    'time="2026-11-25T14:17:57Z" level=warning msg="There is nothing to commit"',
  ];
  expect(menderReason(ending(["Installing Artifact of size 10000000..."], errors))).toBe(
    'Expected "upgrade_available" flag to be true but it was false, C:\\x',
  );
  expect(menderReason(ending([], errors.slice(0, 2)))).toBe(
    "Download failed: can not install Payload: rootfs.img: unexpected EOF",
  );
});

test("menderReason is what mender-update could not fulfill, else its last error, else its last words", () => {
  const logged =
    'record_id=3 severity=error time="2026-Mar-03 07:05:21.952463" name="Global" msg="No space left on device"';
  expect(
    menderReason(
      ending(
        ["Installation failed. System not modified."],
        [logged, "Could not fulfill request: Update already in progress"],
      ),
    ),
  ).toBe("Update already in progress");
  expect(menderReason(ending(["Installation failed. System not modified."], [logged]))).toBe("No space left on device");
  expect(menderReason(ending(["Installation failed. System not modified."], []))).toBe(
    "Installation failed. System not modified.",
  );
  expect(menderReason(ending([], []))).toBe("");
});

test("menderWarnings has what a person has to do", () => {
  const asked = "At least one payload requested a reboot of the device it updated.";
  expect(menderWarnings(ending(["Installed, but not committed.", asked], []))).toEqual([`mender: ${asked}`]);
});
