// U-Boot's environment in a file, through the real tools, with a note of each batch that was written.
import { inPlace, type Place } from "./programs.ts";
import { must } from "./run.ts";

export type Copies = "redundant" | "single";

export interface UBootPlace extends Place {
  /** The fw_env.config. */
  file: string;
  /** The file that holds the environment. */
  image: string;
  variables: () => Promise<Record<string, string>>;
  set: (values: Readonly<Record<string, string>>) => Promise<void>;
  /** What fw_setenv read on its standard input, one text a call. */
  batches: () => Promise<string[]>;
}

export const fresh = {
  bootcount: "0",
  bootlimit: "1",
  mender_boot_part: "2",
  mender_boot_part_hex: "2",
  upgrade_available: "0",
};

const copyBytes = 0x4000;

export async function withUBoot(copies: Copies, story: (place: UBootPlace) => Promise<void>): Promise<void> {
  await inPlace(async (place) => {
    const image = await place.write("uboot.env", new Uint8Array(2 * copyBytes));
    const offsets = copies === "redundant" ? [0, copyBytes] : [0];
    const lines = offsets.map((offset) => `${image} 0x${offset.toString(16)} 0x${copyBytes.toString(16)}\n`);
    const file = await place.write("fw_env.config", `# device offset size\n${lines.join("")}`);
    const defaults = await place.write("defaults", text(fresh));
    await must(["fw_setenv", "-c", file, "-f", defaults, "-s", "-"], text(fresh));
    await place.program("fw_printenv", 'exec /usr/bin/fw_printenv "$@"');
    const log = place.path("batches");
    await place.program(
      "fw_setenv",
      `batch=$(cat); printf '%s\\n--\\n' "$batch" >>'${log}'; echo "$batch" | /usr/bin/fw_setenv "$@"`,
    );
    await story({
      ...place,
      file,
      image,
      variables: async () => parse(await must(["fw_printenv", "-c", file])),
      set: async (values) => {
        await must(["fw_setenv", "-c", file, "-s", "-"], text(values));
      },
      batches: async () => (await place.read("batches")).split("\n--\n").slice(0, -1),
    });
  });
}

export function parse(lines: string): Record<string, string> {
  return Object.fromEntries(
    lines
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

function text(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
