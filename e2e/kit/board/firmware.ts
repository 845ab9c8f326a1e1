// What a boot loader with Mender's integration does between power and kernel, with the real environment. Both are models of what their
// documents say: U-Boot's boot count and altbootcmd, and the scripts of grub-mender-grubenv.
export type Values = Readonly<Record<string, string>>;

interface FirmwareParts {
  a: number;
  b: number;
  /** Undefined where it cannot be read. */
  read: () => Promise<Values | undefined>;
  save: (values: Values) => Promise<void>;
  /** Whether there is a kernel in the partition. */
  loads: (part: number) => Promise<boolean>;
  /** Hears what it does, for whoever looks at a story. */
  note: (words: string) => void;
}

/** Answers with the partition that it starts. Throws where the board would stay at the loader's prompt. */
export type Firmware = (parts: FirmwareParts) => Promise<number>;

const resetsMax = 10;

/** What is built into U-Boot, for when no copy of the environment is whole. */
export function uBootDefaults(a: number, bootLimit: number): Values {
  return {
    altbootcmd: "run mender_altbootcmd; run bootcmd",
    bootcmd: "run mender_setup; run mender_load",
    bootcount: "0",
    bootlimit: String(bootLimit),
    mender_boot_part: String(a),
    mender_boot_part_hex: a.toString(16),
    upgrade_available: "0",
  };
}

export function grubDefaults(a: number): Values {
  return { mender_boot_part: String(a), mender_boot_part_hex: a.toString(16), upgrade_available: "0", bootcount: "0" };
}

export const uBoot: Firmware = async ({ a, b, read, save, loads, note }) => {
  for (let reset = 0; reset < resetsMax; reset++) {
    const values = (await read()) ?? uBootDefaults(a, 1);
    let isTrial = Number(values["upgrade_available"] ?? 0) !== 0;
    // The count is kept, and begins above 1, during a trial only.
    const count = (isTrial ? Number(values["bootcount"] ?? 0) : 0) + 1;
    if (isTrial) await save({ bootcount: String(count) });
    const limit = Number(values["bootlimit"] ?? 0);
    let part = Number.parseInt(values["mender_boot_part_hex"] ?? "", 16);
    if (limit > 0 && count > limit) {
      part = Number(values["mender_boot_part"]) === a ? b : a;
      isTrial = false;
      await save({ mender_boot_part: String(part), mender_boot_part_hex: part.toString(16), upgrade_available: "0" });
      note(`altbootcmd: back to ${part}`);
    }
    if (await loads(part)) return part;
    note(`no kernel in ${part}`);
    if (!isTrial) break;
  }
  throw new Error("Cannot boot the board: U-Boot is at its prompt");
};

export const grub: Firmware = async ({ a, b, read, save, loads, note }) => {
  for (let reset = 0; reset < resetsMax; reset++) {
    const values = (await read()) ?? {};
    let part = Number(values["mender_boot_part"]);
    let isTrial = values["upgrade_available"] === "1";
    const isWhole =
      [a, b].includes(part) &&
      ["0", "1"].includes(values["bootcount"] ?? "") &&
      ["0", "1"].includes(values["upgrade_available"] ?? "");
    if (!isWhole) {
      note("the environment is corrupt");
      if (part !== b) part = a;
    }
    if (isTrial && values["bootcount"] !== "0") {
      part = part === a ? b : a;
      isTrial = false;
      await save({ mender_boot_part: String(part), upgrade_available: "0", bootcount: "0" });
      note(`rolling back to ${part}`);
    } else if (isTrial) {
      await save({ bootcount: "1" });
    }
    if (await loads(part)) return part;
    note(`no kernel in ${part}`);
    if (!isTrial) break;
  }
  throw new Error("Cannot boot the board: GRUB is at its prompt");
};
