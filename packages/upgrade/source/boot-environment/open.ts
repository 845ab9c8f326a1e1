import type { BootLoader } from "../boot-loader.ts";
import { grubLoader } from "./grub.ts";
import type { SlotPlaces } from "./mender-loader.ts";
import { type BootEntries, systemdBootLoader } from "./systemd-boot.ts";
import type { ToolOptions } from "./tool.ts";
import { uBootLoader } from "./u-boot.ts";

/** `upgrade.boot_environment` and what belongs to it. */
export type BootEnvironmentChoice =
  | { kind: "u-boot" | "grub"; file?: string }
  | { kind: "systemd-boot"; entries: BootEntries };

/** Nothing is read and no tool is looked for before the first call. */
export function openBootLoader(choice: BootEnvironmentChoice, places: SlotPlaces, tools: ToolOptions = {}): BootLoader {
  switch (choice.kind) {
    case "u-boot":
      return uBootLoader({ ...tools, ...places, ...fileOf(choice) });
    case "grub":
      return grubLoader({ ...tools, ...places, ...fileOf(choice) });
    case "systemd-boot":
      return systemdBootLoader({ ...tools, entries: choice.entries, bootedSlot: places.bootedSlot });
  }
}

function fileOf({ file }: { file?: string }): { file?: string } {
  return file === undefined ? {} : { file };
}
