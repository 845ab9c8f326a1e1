// Boot environments in files, as each boot loader keeps them: made with some values, read as the boot loader would.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { grubBlock, makeGrubMenderEnvironment, playGrubMenderGrubenv } from "@host-service/fixtures";
import type { BootEnvironmentChoice } from "@host-service/upgrade";
import { must, run } from "./run.ts";

export type Values = Readonly<Record<string, string>>;

export interface BootEnvironment {
  choice: BootEnvironmentChoice;
  /** Where the tools are, when they are not the machine's. */
  directories?: readonly string[];
  /** The directory below which everything changes. */
  below: string;
  set: (values: Values) => Promise<void>;
  /** Throws where the boot loader would find nothing whole. */
  read: () => Promise<Values>;
}

export type Flavour = "U-Boot, two copies" | "U-Boot, one copy" | "GRUB, two copies" | "GRUB, one block";

export async function makeBootEnvironment(flavour: Flavour, directory: string): Promise<BootEnvironment> {
  const below = join(directory, "environment");
  await mkdir(below);
  switch (flavour) {
    case "U-Boot, two copies":
      return await uBoot(directory, below, [0, copyBytes]);
    case "U-Boot, one copy":
      return await uBoot(directory, below, [0]);
    case "GRUB, two copies":
      return await twoBlocks(directory, below);
    case "GRUB, one block":
      return oneBlock(below);
  }
}

const copyBytes = 0x4000;

async function uBoot(directory: string, below: string, offsets: readonly number[]): Promise<BootEnvironment> {
  const image = join(below, "uboot.env");
  const [file, defaults] = [join(directory, "fw_env.config"), join(directory, "defaults")];
  await writeFile(file, offsets.map((offset) => `${image} 0x${offset.toString(16)} 0x4000\n`).join(""));
  return {
    choice: { kind: "u-boot", file },
    below,
    async set(values) {
      await writeFile(image, new Uint8Array(2 * copyBytes));
      await writeFile(defaults, lines(values));
      // Twice, so that both copies have been written.
      for (const round of [1, 2]) {
        await must(["fw_setenv", "-c", file, "-f", defaults, "-s", "-"], {
          stdin: Buffer.from(`round=${round}\nround=\n`),
        });
      }
    },
    async read() {
      const { stdout, stderr } = await run(["fw_printenv", "-c", file]);
      if (stderr !== "") throw new Error(stderr.trim());
      return parse(stdout);
    },
  };
}

async function twoBlocks(directory: string, below: string): Promise<BootEnvironment> {
  const tools = join(directory, "tools");
  await mkdir(tools);
  await playGrubMenderGrubenv(tools, below);
  return {
    choice: { kind: "grub" },
    directories: [tools],
    below,
    async set(values) {
      await rm(below, { recursive: true });
      await makeGrubMenderEnvironment(below, values);
    },
    read: async () => parse(await must([join(tools, "grub-mender-grubenv-print")])),
  };
}

function oneBlock(below: string): BootEnvironment {
  const file = join(below, "grubenv");
  return {
    choice: { kind: "grub", file },
    below,
    set: (values) => grubBlock(file, values),
    async read() {
      const values = parse(await must(["grub-editenv", file, "list"]));
      if (Object.keys(values).length === 0) throw new Error("the block is empty");
      return values;
    },
  };
}

function lines(values: Values): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

function parse(text: string): Values {
  return Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
