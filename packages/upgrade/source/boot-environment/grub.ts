import type { BootLoader } from "../boot-loader.ts";
import type { Environment, Variables } from "./environment.ts";
import { grubFileEnvironment } from "./grub-file.ts";
import { type SlotPlaces, menderLoader } from "./mender-loader.ts";
import { bootCount, decimal, flag } from "./mender-variables.ts";
import { scriptEnvironment } from "./script-tools.ts";
import type { ToolOptions } from "./tool.ts";

export interface GrubOptions extends SlotPlaces, ToolOptions {
  /** The one environment block that the boot loader uses; without it, the two of grub-mender-grubenv. */
  file?: string;
}

/** GRUB with the scripts of grub-mender-grubenv, or with scripts of the same rules and one environment block. */
export function grubLoader(options: GrubOptions): BootLoader {
  return menderLoader(grubEnvironment(options), { usesHex: false, complain }, options);
}

function grubEnvironment(options: GrubOptions): Environment {
  const { file } = options;
  if (file !== undefined) return grubFileEnvironment(file, options);
  return scriptEnvironment({
    ...options,
    print: "grub-mender-grubenv-print",
    set: "grub-mender-grubenv-set",
    install: "install grub-mender-grubenv, or set upgrade.boot_environment_file to the file that GRUB loads",
    advice: "compare ENV_DIR in /etc/mender_grubenv.config with where GRUB looks, and see whether that can be written",
  });
}

/** What GRUB's script calls corrupt: it would then guess a partition. */
function complain(variables: Variables): string | undefined {
  const wrong = [flag, bootCount].find((name) => ![0, 1].includes(decimal(variables.get(name)) ?? -1));
  if (wrong === undefined) return undefined;
  const reads = JSON.stringify(variables.get(wrong) ?? "");
  return `${wrong} reads ${reads}, and GRUB takes anything but 0 and 1 for damage; set it to 0`;
}
