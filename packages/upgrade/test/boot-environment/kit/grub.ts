// GRUB's environment: one block of grub-editenv, or the two of grub-mender-grubenv with played tools that keep their rules.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { grubBlock, makeGrubMenderEnvironment, playGrubMenderGrubenv } from "@host-service/fixtures";
import { inPlace, type Place } from "./programs.ts";
import { must } from "./run.ts";
import { parse } from "./u-boot.ts";

export const fresh = { mender_boot_part: "2", mender_boot_part_hex: "2", upgrade_available: "0", bootcount: "0" };

export interface GrubPlace extends Place {
  /** Undefined where there are two blocks. */
  file: string | undefined;
  variables: () => Promise<Record<string, string>>;
  set: (values: Readonly<Record<string, string>>) => Promise<void>;
}

export async function withGrubFile(story: (place: GrubPlace & { file: string }) => Promise<void>): Promise<void> {
  await inPlace(async (place) => {
    const file = place.path("grubenv");
    await grubBlock(file, fresh);
    await place.program("grub-editenv", `echo "$*" >>'${place.path("calls")}'; exec /usr/bin/grub-editenv "$@"`);
    await story({
      ...place,
      file,
      variables: async () => parse(await must(["grub-editenv", file, "list"])),
      set: async (values) => {
        await must(["grub-editenv", file, "set", ...pairs(values)]);
      },
    });
  });
}

/** The two copies of grub-mender-grubenv; what its tool for writing reads is noted. */
export async function withTwoGrubBlocks(story: (place: GrubPlace) => Promise<void>): Promise<void> {
  await inPlace(async (place) => {
    const played = place.path("played");
    await mkdir(played);
    await playGrubMenderGrubenv(played, place.directory);
    await makeGrubMenderEnvironment(place.directory, fresh);
    const [print, set] = [join(played, "grub-mender-grubenv-print"), join(played, "grub-mender-grubenv-set")];
    await place.program("grub-mender-grubenv-print", `exec '${print}'`);
    await place.program("grub-mender-grubenv-set", `tee -a '${place.path("calls")}' | '${set}' "$@"`);
    await story({
      ...place,
      file: undefined,
      variables: async () => parse(await must([print])),
      set: async (values) => {
        await must([set, "-s", "-"], pairs(values).join("\n"));
      },
    });
  });
}

function pairs(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}
