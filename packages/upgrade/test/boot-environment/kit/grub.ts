// GRUB's environment: one block of grub-editenv, or the two of grub-mender-grubenv with played tools that keep their rules.
import { mkdir } from "node:fs/promises";
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
    await must(["grub-editenv", file, "create"]);
    await must(["grub-editenv", file, "set", ...pairs(fresh)]);
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

/** Copy 2 first, then copy 1, each with a lock around it; a copy whose lock is not 0 is made anew from the other one. */
export async function withTwoGrubBlocks(story: (place: GrubPlace) => Promise<void>): Promise<void> {
  await inPlace(async (place) => {
    for (const copy of ["mender_grubenv1", "mender_grubenv2"]) {
      await mkdir(place.path(copy));
      for (const name of ["env", "lock"]) await must(["grub-editenv", place.path(`${copy}/${name}`), "create"]);
      await must(["grub-editenv", place.path(`${copy}/env`), "set", ...pairs(fresh)]);
      await must(["grub-editenv", place.path(`${copy}/lock`), "set", "editing=0"]);
    }
    const source = new URL("grub-mender-grubenv.sh", import.meta.url).pathname;
    const log = place.path("calls");
    await place.program("grub-mender-grubenv-print", `exec /bin/sh '${source}' '${place.directory}' print`);
    await place.program("grub-mender-grubenv-set", `tee -a '${log}' | /bin/sh '${source}' '${place.directory}' "$@"`);
    const tools = { print: place.path("grub-mender-grubenv-print"), set: place.path("grub-mender-grubenv-set") };
    await story({
      ...place,
      file: undefined,
      variables: async () => parse(await must([tools.print])),
      set: async (values) => {
        await must(["/bin/sh", source, place.directory, "-s", "-"], pairs(values).join("\n"));
      },
    });
  });
}

function pairs(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}
