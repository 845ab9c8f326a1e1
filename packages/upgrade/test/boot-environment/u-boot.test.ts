// With the real fw_setenv and fw_printenv on an environment in a file.
import { expect, test } from "bun:test";
import { open } from "node:fs/promises";
import type { SlotName } from "@host-service/slots";
import { uBootLoader } from "../../source/boot-environment/u-boot.ts";
import { complaintOf, refusal } from "./kit/refusal.ts";
import { inPlace } from "./kit/programs.ts";
import { testWith } from "./kit/requirements.ts";
import { type Copies, type UBootPlace, fresh, withUBoot } from "./kit/u-boot.ts";

const tools = ["fw_setenv", "fw_printenv"];
const partitions = { a: 2, b: 10 };
const onB = { mender_boot_part: "10", mender_boot_part_hex: "a" };

function loader({ directory, file }: UBootPlace, booted: SlotName | undefined = "a") {
  return uBootLoader({ partitions, bootedSlot: async () => booted, file, directories: [directory] });
}

const kinds: readonly Copies[] = ["redundant", "single"];

for (const copies of kinds) {
  testWith(tools, `M42, M46: tryOnce writes the four variables in one call (${copies})`, () =>
    withUBoot(copies, async (place) => {
      await place.set({ bootcount: "1" });
      await loader(place).tryOnce("b");
      expect(await place.batches()).toEqual([
        "mender_boot_part=10\nmender_boot_part_hex=a\nupgrade_available=1\nbootcount=0",
      ]);
      expect(await place.variables()).toEqual({ ...fresh, ...onB, upgrade_available: "1" });
      expect(await loader(place).view()).toEqual({ booted: "a", next: "b", isTrial: true });
    }),
  );

  testWith(tools, `M44, M46: keep writes the flag alone and leaves bootcount (${copies})`, () =>
    withUBoot(copies, async (place) => {
      await place.set({ ...onB, upgrade_available: "1", bootcount: "1" });
      await loader(place, "b").keep("b");
      expect(await place.batches()).toEqual(["upgrade_available=0"]);
      expect(await place.variables()).toEqual({ ...fresh, ...onB, bootcount: "1" });
    }),
  );

  testWith(tools, `M45, M46: returnTo selects the slot, before a reboot and after it (${copies})`, () =>
    withUBoot(copies, async (place) => {
      await place.set({ ...onB, upgrade_available: "1" });
      await loader(place).returnTo("a");
      expect(await place.variables()).toEqual(fresh);
      await loader(place, "a").returnTo("b");
      expect(await place.variables()).toEqual({ ...fresh, ...onB });
      expect(await place.batches()).toEqual([
        "mender_boot_part=2\nmender_boot_part_hex=2\nupgrade_available=0",
        "mender_boot_part=10\nmender_boot_part_hex=a\nupgrade_available=0",
      ]);
    }),
  );

  testWith(tools, `M47: an environment without a whole copy is refused, and not written (${copies})`, () =>
    withUBoot(copies, async (place) => {
      await damage(place.image);
      const before = await place.read("uboot.env");
      const message =
        `Cannot read the boot environment: "${place.path("fw_printenv")}" ended with exit code 243: ` +
        `Cannot read default environment from file; compare "${place.file}" with U-Boot's own settings, ` +
        "and let U-Boot save its environment once (saveenv)";
      const boot = loader(place);
      const changes = [() => boot.tryOnce("b"), () => boot.keep("a"), () => boot.returnTo("a")];
      for (const work of [() => boot.check(), () => boot.view(), ...changes]) {
        expect(await complaintOf(work())).toBe(message);
      }
      expect(await place.read("uboot.env")).toBe(before);
      expect(await place.batches()).toEqual([]);
    }),
  );
}

testWith(tools, "one whole copy of two is enough, and a change makes the other one whole again", () =>
  withUBoot("redundant", async (place) => {
    // Both copies hold values before one of them is damaged.
    await place.set({ bootcount: "1" });
    for (const offset of [0x10, 0x4010]) {
      await damage(place.image, [offset]);
      await loader(place).check();
      await loader(place).tryOnce("b");
      expect(await place.variables()).toEqual({ ...fresh, ...onB, upgrade_available: "1" });
      await loader(place).returnTo("a");
    }
  }),
);

testWith(tools, "M47: values that the tool made up are refused, though it ends well", () =>
  withUBoot("redundant", async (place) => {
    await damage(place.image);
    // What the tool does on a host that has a file of default values.
    await place.program("fw_printenv", `exec /usr/bin/fw_printenv -f '${place.path("defaults")}' "$@"`);
    expect(await complaintOf(loader(place).check())).toContain("found no copy of it that is whole, and made one up");
    expect(await complaintOf(loader(place).tryOnce("b"))).toContain("found no copy of it that is whole");
    expect(await place.batches()).toEqual([]);
  }),
);

testWith(tools, "a change that finds everything as it should be writes nothing", () =>
  withUBoot("redundant", async (place) => {
    const boot = loader(place);
    await boot.returnTo("a");
    await boot.keep("a");
    await place.set({ ...onB, mender_boot_part_hex: "A", upgrade_available: "1" });
    await boot.tryOnce("b");
    expect(await place.batches()).toEqual([]);
  }),
);

testWith(tools, "keep calls off what was prepared, when another slot was to start", () =>
  withUBoot("redundant", async (place) => {
    await place.set({ ...onB, upgrade_available: "1" });
    await loader(place).keep("a");
    expect(await place.variables()).toEqual(fresh);
    await place.set({ ...onB, upgrade_available: "0" });
    await loader(place).keep("a");
    expect(await place.variables()).toEqual(fresh);
  }),
);

testWith(tools, "M44: keep of a slot that does not run is refused, and not written", () =>
  withUBoot("redundant", async (place) => {
    await place.set({ ...onB, upgrade_available: "1" });
    expect(await refusal(loader(place, "a").keep("b"))).toEqual({
      kind: "unknown-slot",
      message: "Cannot keep slot b: slot a runs",
    });
    const nowhere = uBootLoader({
      partitions,
      bootedSlot: async () => undefined,
      file: place.file,
      directories: [place.directory],
    });
    expect((await refusal(nowhere.keep("b")))?.message).toBe("Cannot keep slot b: neither slot runs");
    expect(await place.batches()).toEqual([]);
  }),
);

testWith(tools, "M47: check refuses what the boot loader would go wrong with, and names the variable", () =>
  withUBoot("redundant", async (place) => {
    const whole = { bootcmd: "run mender_setup", altbootcmd: "run mender_altbootcmd" };
    const says = async (values: Record<string, string>) => {
      await place.set({
        ...fresh,
        bootcmd: "",
        altbootcmd: "",
        mender_check_saveenv_canary: "",
        mender_saveenv_canary: "",
      });
      await place.set(values);
      return (await complaintOf(loader(place).check())).replace("Cannot use the boot environment: ", "");
    };
    expect(await says({})).toBe("");
    expect(await says(whole)).toBe("");
    expect(await says({ mender_check_saveenv_canary: "1", mender_saveenv_canary: "1" })).toBe("");
    expect(await says({ mender_check_saveenv_canary: "0" })).toBe("");
    expect(await says({ mender_check_saveenv_canary: "1" })).toStartWith("mender_saveenv_canary is not 1, so that");
    expect(await says({ mender_check_saveenv_canary: "1", mender_saveenv_canary: "0" })).toStartWith("mender_saveenv_");
    expect(await says({ mender_boot_part: "12", mender_boot_part_hex: "c" })).toBe(
      'mender_boot_part reads "12" and mender_boot_part_hex reads "c", and the slots are partitions 2 and 10; set it to the slot that runs',
    );
    expect(await says({ mender_boot_part_hex: "a" })).toStartWith(
      'mender_boot_part reads "2" and mender_boot_part_hex',
    );
    expect(await says({ mender_boot_part: "" })).toStartWith('mender_boot_part reads ""');
    expect(await says({ upgrade_available: "yes" })).toStartWith('upgrade_available reads "yes", and U-Boot knows');
    expect(await says({ bootcount: "many" })).toStartWith('bootcount reads "many"');
    for (const bootlimit of ["0", "none", "-1"]) {
      expect(await says({ bootlimit })).toStartWith(
        `bootlimit reads "${bootlimit}", so that U-Boot would never go back`,
      );
    }
    expect(await says({ ...whole, bootlimit: "" })).toStartWith('bootlimit reads "", so that');
    expect(await says({ bootlimit: "" })).toBe("");
    expect(await says({ bootcmd: "boot" })).toStartWith("there is no altbootcmd");
  }),
);

testWith(tools, "M47: a change stops at a failing canary before it writes", () =>
  withUBoot("redundant", async (place) => {
    await place.set({ mender_check_saveenv_canary: "1" });
    const boot = loader(place);
    const changes = [() => boot.tryOnce("b"), () => boot.keep("a"), () => boot.returnTo("b")];
    for (const work of [() => boot.view(), ...changes]) {
      expect(await complaintOf(work())).toContain("mender_saveenv_canary is not 1");
    }
    expect(await place.batches()).toEqual([]);
  }),
);

testWith(tools, "check refuses partitions that cannot be two slots", () =>
  withUBoot("redundant", async ({ directory, file }) => {
    for (const wrong of [
      { a: 2, b: 2 },
      { a: 0, b: 2 },
      { a: 2, b: 1.5 },
    ]) {
      const boot = uBootLoader({ partitions: wrong, bootedSlot: async () => "a", file, directories: [directory] });
      expect(await complaintOf(boot.check())).toContain(`the slots cannot be partitions ${wrong.a} and ${wrong.b}`);
    }
  }),
);

testWith(tools, "M43: a tool that ends well and changes nothing is noticed, after both separators", () =>
  withUBoot("redundant", async (place) => {
    const log = place.path("batches");
    await place.program("fw_setenv", `cat >>'${log}'; echo -- >>'${log}'`);
    expect(await complaintOf(loader(place).tryOnce("b"))).toBe(
      `Cannot change the boot environment: "${place.path("fw_setenv")}" wrote "10" and mender_boot_part still reads "2"; ` +
        `compare "${place.file}" with U-Boot's own settings, and let U-Boot save its environment once (saveenv)`,
    );
    expect(await place.batches()).toEqual([
      "mender_boot_part=10\nmender_boot_part_hex=a\nupgrade_available=1\nbootcount=0",
      "mender_boot_part 10\nmender_boot_part_hex a\nupgrade_available 1\nbootcount 0",
    ]);
  }),
);

testWith(tools, "M43: a tool that wants the blank gets it, whether it drops the first batch or refuses it", () =>
  withUBoot("redundant", async (place) => {
    for (const onEquals of ["exit 0", "echo 'illegal character' >&2; exit 1"]) {
      await place.set(fresh);
      // The real tool wants the equals sign, so this one turns the blanks into it.
      await place.program(
        "fw_setenv",
        `batch=$(cat); case $batch in *=*) ${onEquals};; esac; echo "$batch" | tr ' ' = | /usr/bin/fw_setenv "$@"`,
      );
      await loader(place).tryOnce("b");
      expect(await place.variables()).toEqual({ ...fresh, ...onB, upgrade_available: "1" });
    }
  }),
);

testWith(tools, "M43: one variable of the batch that does not arrive is enough", () =>
  withUBoot("redundant", async (place) => {
    await place.program("fw_setenv", 'grep -v bootcount | /usr/bin/fw_setenv "$@"');
    await place.set({ bootcount: "1" });
    expect(await complaintOf(loader(place).tryOnce("b"))).toContain('wrote "0" and bootcount still reads "1"');
  }),
);

testWith(tools, "a tool that fails is quoted; a hanging one is ended and not called again", () =>
  withUBoot("redundant", async (place) => {
    const log = place.path("calls");
    await place.program("fw_setenv", "echo 'Cannot open /dev/mtd1: Read-only file system' >&2; exit 226");
    expect(await complaintOf(loader(place).tryOnce("b"))).toContain(
      'fw_setenv" ended with exit code 226: Cannot open /dev/mtd1: Read-only file system; see whether it is mounted read-only or write-protected',
    );
    await place.program("fw_setenv", `echo >>'${log}'; sleep 1000`);
    const { file, directory } = place;
    const patient = uBootLoader({
      partitions,
      bootedSlot: async () => "a",
      file,
      directories: [directory],
      timeLimitMs: 200,
    });
    expect(await complaintOf(patient.tryOnce("b"))).toBe(
      `Cannot change the boot environment: "${place.path("fw_setenv")}" did not end within 0.2 s; run it by hand to see what it waits for`,
    );
    expect(await place.read("calls")).toBe("\n");
    expect(await place.variables()).toEqual(fresh);
  }),
);

test("tools that are missing, or print garbage, stop the check", () =>
  inPlace(async ({ directory, program }) => {
    const boot = uBootLoader({ partitions, bootedSlot: async () => "a", directories: [directory] });
    expect(await complaintOf(boot.check())).toBe(
      `Cannot use the boot environment: there is no "fw_printenv" in ${directory}; install libubootenv-tool`,
    );
    await program("fw_printenv", "head -c 1000 /dev/urandom");
    expect(await complaintOf(boot.check())).toStartWith('Cannot use the boot environment: mender_boot_part reads ""');
    expect(await boot.view()).toEqual({ booted: "a", next: undefined, isTrial: false });
    await program("fw_printenv", "printf 'mender_boot_part=2\\nupgrade_available=0\\nmender_boot_part=10\\n'");
    expect(await complaintOf(boot.check())).toContain(String.raw`mender_boot_part reads "2\n10"`);
    await program("fw_printenv", "echo mender_boot_part=2");
    expect(await complaintOf(boot.check())).toBe(
      `Cannot use the boot environment: there is no "fw_setenv" in ${directory}; install libubootenv-tool`,
    );
  }));

testWith(tools, "check refuses a configuration that is missing, and a device that is not there", () =>
  withUBoot("redundant", async (place) => {
    const { directory } = place;
    const file = place.path("none.config");
    const boot = uBootLoader({ partitions, bootedSlot: async () => "a", file, directories: [directory] });
    expect(await complaintOf(boot.check())).toContain(
      `ended with exit code 247: Configuration file wrong or corrupted; compare "${file}" with`,
    );
    const list = await place.write("list.config", "# device offset size\n/dev/none 0x0 0x4000\n");
    await place.program("fw_printenv", "echo mender_boot_part=2");
    const noDevice = uBootLoader({ partitions, bootedSlot: async () => "a", file: list, directories: [directory] });
    expect(await complaintOf(noDevice.check())).toBe(
      "Cannot change the boot environment: ENOENT: no such file or directory, access '/dev/none'; see whether it is mounted read-only or write-protected",
    );
  }),
);

test("a view runs one tool once", () =>
  inPlace(async ({ directory, program, path, read }) => {
    await program("fw_printenv", `echo "$*" >>'${path("calls")}'; echo mender_boot_part=2`);
    const boot = uBootLoader({ partitions, bootedSlot: async () => "a", file: "/x", directories: [directory] });
    expect(await boot.view()).toEqual({ booted: "a", next: "a", isTrial: false });
    expect(await read("calls")).toBe("-c /x\n");
  }));

/** The checksums of the copies do not fit any more. */
async function damage(image: string, offsets = [0x10, 0x4010]): Promise<void> {
  const file = await open(image, "r+");
  for (const offset of offsets) await file.write("damaged", offset);
  await file.close();
}
