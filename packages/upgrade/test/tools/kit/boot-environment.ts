// A boot environment of Mender's four variables, for back ends that are given one: how it is read and written is the test's.
import { readFileSync, writeFileSync } from "node:fs";
import { type BootLoader, UpgradeError } from "../../../source/index.ts";

type Slot = "a" | "b";

export interface BootEnvironment extends BootLoader {
  /** The slot that runs, as after a boot. */
  booted: Slot;
  /** How often it was written. */
  writes: number;
}

export interface Variables {
  read: () => Record<string, string>;
  write: (variables: Record<string, string>) => void;
  /** The numbers of the slots' partitions. */
  parts: Record<Slot, number>;
}

export function bootEnvironment({ read, write, parts }: Variables): BootEnvironment {
  const change = (variables: Record<string, string>) => {
    const now = read();
    if (Object.entries(variables).every(([name, value]) => now[name] === value)) return;
    environment.writes += 1;
    write({ ...now, ...variables });
  };
  const part = (slot: Slot) => ({
    mender_boot_part: String(parts[slot]),
    mender_boot_part_hex: parts[slot].toString(16),
  });
  const environment: BootEnvironment = {
    booted: "a",
    writes: 0,
    async view() {
      const { mender_boot_part: next, upgrade_available: flag } = read();
      const slot = next === String(parts.a) ? "a" : next === String(parts.b) ? "b" : undefined;
      return { booted: environment.booted, next: slot, isTrial: flag === "1" };
    },
    async check() {
      if (read()["mender_boot_part"] === undefined) throw new UpgradeError("boot-environment", "Cannot read it");
    },
    tryOnce: async (slot) => change({ ...part(slot), upgrade_available: "1", bootcount: "0" }),
    keep: async () => change({ upgrade_available: "0" }),
    returnTo: async (slot) => change({ ...part(slot), upgrade_available: "0" }),
  };
  return environment;
}

/** Lines of name=value in a text file. */
export function textVariables(file: string, parts: Record<Slot, number>): Variables {
  return {
    parts,
    read() {
      const lines = readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line.includes("="));
      return Object.fromEntries(lines.map((line) => [line.replace(/=.*/u, ""), line.replace(/^[^=]*=/u, "")]));
    },
    write(variables) {
      writeFileSync(
        file,
        Object.entries(variables)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(""),
      );
    },
  };
}
