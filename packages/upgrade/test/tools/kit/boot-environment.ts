// The boot environment of U-Boot over a text file: the real loader, and two small programs in place of libubootenv's.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BootLoader, uBootLoader } from "../../../source/index.ts";
import { writeProgram } from "./place.ts";

type Slot = "a" | "b";

export interface BootEnvironment extends BootLoader {
  /** Put in another slot, it is as after a boot. */
  booted: Slot;
  /** All variables, in the order in which they stand. */
  readonly text: string;
  /** How often they were changed. */
  readonly writes: number;
}

const print = 'cat "$(dirname "$0")/environment"';
const set = `cd "$(dirname "$0")" || exit 1
echo >>writes
while IFS="=" read -r name value; do sed -i "s/^$name=.*/$name=$value/" environment; done
`;

/** Slot "a" is partition 2 and runs, and slot "b" is partition 3. The variables are in the file `environment`. */
export function bootEnvironment(directory: string): BootEnvironment {
  const tools = join(directory, "boot-environment");
  mkdirSync(tools);
  const file = join(tools, "environment");
  writeFileSync(file, "mender_boot_part=2\nmender_boot_part_hex=2\nupgrade_available=0\nbootcount=0\n");
  writeProgram(join(tools, "fw_printenv"), `#!/bin/sh\n${print}\n`);
  writeProgram(join(tools, "fw_setenv"), `#!/bin/sh\n${set}`);
  const running: { slot: Slot } = { slot: "a" };
  const loader = uBootLoader({
    directories: [tools],
    partitions: { a: 2, b: 3 },
    bootedSlot: () => Promise.resolve(running.slot),
  });
  return {
    ...loader,
    get booted() {
      return running.slot;
    },
    set booted(slot) {
      running.slot = slot;
    },
    get text() {
      return readFileSync(file, "utf8").trim().split("\n").join(" ");
    },
    get writes() {
      const log = join(tools, "writes");
      return existsSync(log) ? readFileSync(log, "utf8").length : 0;
    },
  };
}
