// The boot environment on a board's first partition, as each boot loader keeps it there, seen from outside.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { grubBlock, makeGrubMenderEnvironment, playGrubMenderGrubenv } from "@host-service/fixtures";
import { must, run } from "../run.ts";
import { type Firmware, grub, grubDefaults, uBoot, uBootDefaults } from "./firmware.ts";
import type { Values } from "./firmware.ts";

export type BoardBootLoader = "u-boot" | "grub" | "grub-file";

export interface BoardEnvironment {
  firmware: Firmware;
  /** Undefined where there is nothing whole. */
  read: () => Promise<Values | undefined>;
  save: (values: Values) => Promise<void>;
}

export interface BoardEnvironmentOptions {
  directory: string;
  device: string;
  /** The number of slot a's partition. */
  a: number;
  bootLimit: number;
}

export async function makeBoardEnvironment(
  bootLoader: BoardBootLoader,
  options: BoardEnvironmentOptions,
): Promise<BoardEnvironment> {
  return bootLoader === "u-boot" ? await onPartition(options) : await onFileSystem(bootLoader, options);
}

async function onPartition({ directory, device, a, bootLimit }: BoardEnvironmentOptions): Promise<BoardEnvironment> {
  const file = join(directory, "fw_env.config");
  const defaults = join(directory, "defaults.env");
  await writeFile(file, `${device} 0x0 0x4000\n${device} 0x4000 0x4000\n`);
  await writeFile(defaults, lines(uBootDefaults(a, bootLimit)));
  const save = async (values: Values, more: readonly string[] = []) => {
    await must(["fw_setenv", "-c", file, ...more, "-s", "-"], { stdin: Buffer.from(lines(values)) });
  };
  await save({ bootcount: "0" }, ["-f", defaults]);
  await save({ bootcount: "0" });
  return {
    firmware: uBoot,
    async read() {
      const { stdout, exitCode } = await run(["fw_printenv", "-c", file]);
      return exitCode === 0 ? parse(stdout) : undefined;
    },
    save: (values) => save(values),
  };
}

/** An ESP would be FAT, which not every kernel that runs tests knows; to the tools it is a directory. */
async function onFileSystem(
  bootLoader: "grub" | "grub-file",
  { directory, device, a }: BoardEnvironmentOptions,
): Promise<BoardEnvironment> {
  const [tree, mounted, tools] = ["esp-tree", "esp", "esp-tools"].map((name) => join(directory, name));
  if (tree === undefined || mounted === undefined || tools === undefined) throw new Error("Cannot lay out a board");
  for (const path of [join(tree, "grub"), mounted, tools]) await mkdir(path, { recursive: true });
  const values = grubDefaults(a);
  const block = "grub/grubenv";
  if (bootLoader === "grub") {
    await makeGrubMenderEnvironment(join(tree, "grub-mender-grubenv"), values);
    await playGrubMenderGrubenv(tools, join(mounted, "grub-mender-grubenv"));
    await playGrubMenderGrubenv(join(directory, "sbin"), "/boot/efi/grub-mender-grubenv");
  } else {
    await grubBlock(join(tree, block), values);
  }
  await must(["mkfs.ext2", "-q", "-F", "-d", tree, device]);
  await writeFile(join(directory, "mounts-env"), "");
  const file = join(mounted, block);
  const print = bootLoader === "grub" ? [join(tools, "grub-mender-grubenv-print")] : ["grub-editenv", file, "list"];
  const set = (pairs: Values) =>
    bootLoader === "grub"
      ? [join(tools, "grub-mender-grubenv-set"), "-s", "-"]
      : ["grub-editenv", file, "set", ...lines(pairs).trim().split("\n")];
  // Mounted for the one command, in a namespace of its own, so that nothing is left to unmount.
  const there = ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c"];
  const mount = 'mount -t ext2 "$1" "$2" && shift 2 && exec "$@"';
  const within = (command: readonly string[]) => [...there, mount, "sh", device, mounted, ...command];
  return {
    firmware: grub,
    async read() {
      const { stdout, exitCode } = await run(within(print));
      return exitCode === 0 ? parse(stdout) : undefined;
    },
    async save(pairs) {
      await must(within(set(pairs)), { stdin: Buffer.from(lines(pairs)) });
    },
  };
}

function lines(values: Values): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

function parse(text: string): Values {
  const pairs = text.split("\n").filter((line) => line.includes("="));
  return Object.fromEntries(pairs.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}
