// With the real grub-editenv; grub-mender-grubenv, which Debian does not have, is played by a program that calls it.
import { expect, test } from "bun:test";
import { stat, truncate } from "node:fs/promises";
import type { SlotName } from "@host-service/slots";
import { grubLoader } from "../../source/boot-environment/grub.ts";
import { type GrubPlace, fresh, withGrubFile, withTwoGrubBlocks } from "./kit/grub.ts";
import { inPlace } from "./kit/programs.ts";
import { complaintOf } from "./kit/refusal.ts";
import { testWith } from "./kit/requirements.ts";

const partitions = { a: 2, b: 10 };
const onB = { mender_boot_part: "10", mender_boot_part_hex: "a" };
const tools = ["grub-editenv"];
const kinds = [
  { name: "one block", within: withGrubFile },
  { name: "grub-mender-grubenv", within: withTwoGrubBlocks },
] as const;

function loader({ directory, file }: GrubPlace, booted: SlotName = "a") {
  const where = file === undefined ? {} : { file };
  return grubLoader({ partitions, bootedSlot: async () => booted, directories: [directory], ...where });
}

for (const { name, within } of kinds) {
  testWith(tools, `M42, M44, M45, M46: a cycle of try, keep and return (${name})`, () =>
    within(async (place) => {
      await loader(place).check();
      await loader(place).tryOnce("b");
      expect(await place.variables()).toEqual({ ...fresh, ...onB, upgrade_available: "1" });
      expect(await loader(place).view()).toEqual({ booted: "a", next: "b", isTrial: true });
      // What GRUB does at the boot.
      await place.set({ bootcount: "1" });
      await loader(place, "b").keep("b");
      expect(await place.variables()).toEqual({ ...fresh, ...onB, bootcount: "1" });
      await loader(place, "b").returnTo("a");
      expect(await place.variables()).toEqual({ ...fresh, bootcount: "1" });
      await loader(place).tryOnce("b");
      expect(await place.variables()).toEqual({ ...fresh, ...onB, upgrade_available: "1" });
      await loader(place).returnTo("a");
      expect(await place.variables()).toEqual(fresh);
    }),
  );

  testWith(tools, `a hexadecimal number that GRUB left behind at its own rollback does not count (${name})`, () =>
    within(async (place) => {
      await place.set({ mender_boot_part_hex: "a" });
      await loader(place).check();
      expect(await loader(place).view()).toEqual({ booted: "a", next: "a", isTrial: false });
      await loader(place).keep("a");
      expect(await place.variables()).toEqual({ ...fresh, mender_boot_part_hex: "a" });
    }),
  );

  testWith(tools, `M47: check refuses what GRUB takes for damage (${name})`, () =>
    within(async (place) => {
      const says = async (values: Record<string, string>) => {
        await place.set({ ...fresh, ...values });
        return (await complaintOf(loader(place).check())).replace("Cannot use the boot environment: ", "");
      };
      expect(await says({ bootcount: "1" })).toBe("");
      expect(await says({ bootcount: "2" })).toBe(
        'bootcount reads "2", and GRUB takes anything but 0 and 1 for damage; set it to 0',
      );
      expect(await says({ bootcount: "" })).toStartWith('bootcount reads ""');
      expect(await says({ upgrade_available: "2" })).toStartWith('upgrade_available reads "2"');
      expect(await says({ upgrade_available: "" })).toStartWith('upgrade_available reads ""');
      expect(await says({ mender_boot_part: "12", mender_boot_part_hex: "c" })).toStartWith(
        'mender_boot_part reads "12"',
      );
      expect(await says({ mender_check_saveenv_canary: "1" })).toStartWith("mender_saveenv_canary is not 1");
    }),
  );
}

testWith(tools, "M42: one call of the tool has all of the batch (one block)", () =>
  withGrubFile(async (place) => {
    await loader(place).tryOnce("b");
    const sets = (await place.read("calls")).split("\n").filter((line) => / set /.test(line));
    expect(sets.map((line) => line.replace(/^\S+ /, ""))).toEqual([
      "set mender_boot_part=10 mender_boot_part_hex=a upgrade_available=1 bootcount=0",
    ]);
  }),
);

testWith(tools, "M42: one call of the tool has all of the batch (grub-mender-grubenv)", () =>
  withTwoGrubBlocks(async (place) => {
    await loader(place).tryOnce("b");
    expect(await place.read("calls")).toBe(
      "mender_boot_part=10\nmender_boot_part_hex=a\nupgrade_available=1\nbootcount=0\n",
    );
  }),
);

testWith(tools, "a block is overwritten in place: GRUB finds it where it was", () =>
  withGrubFile(async (place) => {
    const { ino, size } = await stat(place.file);
    await loader(place).tryOnce("b");
    const now = await stat(place.file);
    expect([now.ino, now.size]).toEqual([ino, size]);
  }),
);

testWith(tools, "M47: a block that is missing, empty or damaged is refused, and not written", () =>
  withGrubFile(async (place) => {
    await place.write("grubenv", "damaged".repeat(100));
    const expectRefused = async (words: string) => {
      for (const work of [
        () => loader(place).check(),
        () => loader(place).tryOnce("b"),
        () => loader(place).returnTo("b"),
      ]) {
        const said = await complaintOf(work());
        expect(said).toContain(words);
        expect(said).toContain("set upgrade.boot_environment_file to the file that GRUB loads");
      }
    };
    await expectRefused("error: invalid environment block");
    expect(await place.read("grubenv")).toBe("damaged".repeat(100));
    await truncate(place.file, 0);
    await expectRefused("has 0 bytes and cannot be an environment block");
    expect(await place.read("grubenv")).toBe("");
    const none = grubLoader({ partitions, bootedSlot: async () => "a", file: place.path("none") });
    expect(await complaintOf(none.check())).toContain("ENOENT: no such file or directory");
    expect(await complaintOf(none.tryOnce("b"))).toContain("ENOENT: no such file or directory");
  }),
);

testWith(tools, "M43: a tool that ends well and changes nothing is noticed", () =>
  withGrubFile(async (place) => {
    await place.program("grub-editenv", 'case $2 in set) ;; *) exec /usr/bin/grub-editenv "$@";; esac');
    expect(await complaintOf(loader(place).tryOnce("b"))).toStartWith(
      `Cannot change the boot environment: "${place.path("grub-editenv")}" wrote "10" and mender_boot_part still reads "2"; set`,
    );
    await place.program(
      "grub-editenv",
      'case $2 in set) truncate -s 10 "$1";; *) exec /usr/bin/grub-editenv "$@";; esac',
    );
    expect(await complaintOf(loader(place).tryOnce("b"))).toContain("made 10 bytes of 1024");
    expect(await place.variables()).toEqual(fresh);
  }),
);

testWith(tools, "a failing tool is quoted", () =>
  withTwoGrubBlocks(async (place) => {
    await place.program("grub-mender-grubenv-set", 'echo "Unable to restore environment 2." >&2; exit 2');
    expect(await complaintOf(loader(place).tryOnce("b"))).toContain(
      'grub-mender-grubenv-set" ended with exit code 2: Unable to restore environment 2; see whether it is mounted read-only',
    );
  }),
);

test("without the tools, and without a file, check says what to install or to set", () =>
  inPlace(async ({ directory }) => {
    const boot = grubLoader({ partitions, bootedSlot: async () => "a", directories: [directory] });
    expect(await complaintOf(boot.check())).toBe(
      `Cannot use the boot environment: there is no "grub-mender-grubenv-print" in ${directory}; ` +
        "install grub-mender-grubenv, or set upgrade.boot_environment_file to the file that GRUB loads",
    );
  }));
